package io.millrace.cdc.mysql;

import java.util.Map;

/** Numbers of the binary log's event types, of both flavours. */
final class EventCode {
  static final int QUERY = 2;
  static final int STOP = 3;
  static final int ROTATE = 4;
  static final int INTVAR = 5;
  static final int RAND = 13;
  static final int USER_VAR = 14;
  static final int FORMAT_DESCRIPTION = 15;
  static final int XID = 16;
  static final int EXECUTE_LOAD_QUERY = 18;
  static final int TABLE_MAP = 19;
  static final int WRITE_ROWS_V1 = 23;
  static final int UPDATE_ROWS_V1 = 24;
  static final int DELETE_ROWS_V1 = 25;
  static final int INCIDENT = 26;
  static final int HEARTBEAT = 27;
  static final int IGNORABLE = 28;
  static final int ROWS_QUERY = 29;
  static final int WRITE_ROWS = 30;
  static final int UPDATE_ROWS = 31;
  static final int DELETE_ROWS = 32;
  static final int GTID = 33;
  static final int ANONYMOUS_GTID = 34;
  static final int PREVIOUS_GTIDS = 35;
  static final int TRANSACTION_CONTEXT = 36;
  static final int VIEW_CHANGE = 37;
  static final int XA_PREPARE = 38;
  static final int PARTIAL_UPDATE_ROWS = 39;
  static final int TRANSACTION_PAYLOAD = 40;
  static final int HEARTBEAT_V2 = 41;
  static final int GTID_TAGGED = 42;
  static final int ANNOTATE_ROWS = 160;
  static final int BINLOG_CHECKPOINT = 161;
  static final int MARIADB_GTID = 162;
  static final int MARIADB_GTID_LIST = 163;
  static final int START_ENCRYPTION = 164;
  static final int QUERY_COMPRESSED = 165;
  static final int COMPRESSED_ROWS_FIRST = 166;
  static final int COMPRESSED_ROWS_LAST = 171;

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(QUERY, "QUERY"),
          Map.entry(ROTATE, "ROTATE"),
          Map.entry(FORMAT_DESCRIPTION, "FORMAT_DESCRIPTION"),
          Map.entry(XID, "XID"),
          Map.entry(EXECUTE_LOAD_QUERY, "EXECUTE_LOAD_QUERY"),
          Map.entry(TABLE_MAP, "TABLE_MAP"),
          Map.entry(WRITE_ROWS_V1, "WRITE_ROWS_V1"),
          Map.entry(UPDATE_ROWS_V1, "UPDATE_ROWS_V1"),
          Map.entry(DELETE_ROWS_V1, "DELETE_ROWS_V1"),
          Map.entry(INCIDENT, "INCIDENT"),
          Map.entry(WRITE_ROWS, "WRITE_ROWS"),
          Map.entry(UPDATE_ROWS, "UPDATE_ROWS"),
          Map.entry(DELETE_ROWS, "DELETE_ROWS"),
          Map.entry(GTID, "GTID"),
          Map.entry(ANONYMOUS_GTID, "ANONYMOUS_GTID"),
          Map.entry(XA_PREPARE, "XA_PREPARE"),
          Map.entry(PARTIAL_UPDATE_ROWS, "PARTIAL_UPDATE_ROWS"),
          Map.entry(TRANSACTION_PAYLOAD, "TRANSACTION_PAYLOAD"),
          Map.entry(GTID_TAGGED, "GTID_TAGGED_LOG"),
          Map.entry(MARIADB_GTID, "MARIADB_GTID"),
          Map.entry(QUERY_COMPRESSED, "QUERY_COMPRESSED"));

  private EventCode() {}

  static String name(int code) {
    if (code >= COMPRESSED_ROWS_FIRST && code <= COMPRESSED_ROWS_LAST) {
      return "COMPRESSED_ROWS(" + code + ")";
    }
    return NAMES.getOrDefault(code, "type " + code);
  }

  /** Whether it holds whole rows that can be read as they are. */
  static boolean isRows(int code) {
    return isWrite(code) || isUpdate(code) || isDelete(code);
  }

  /** Whether it holds rows in MariaDB's compressed form. */
  static boolean isCompressedRows(int code) {
    return code >= COMPRESSED_ROWS_FIRST && code <= COMPRESSED_ROWS_LAST;
  }

  /** The plain form of a compressed one: write, update, delete in both versions. */
  static int plainRows(int compressed) {
    int kind = compressed - COMPRESSED_ROWS_FIRST;
    return kind < 3 ? WRITE_ROWS_V1 + kind : WRITE_ROWS + kind - 3;
  }

  static boolean isWrite(int code) {
    return code == WRITE_ROWS || code == WRITE_ROWS_V1;
  }

  static boolean isUpdate(int code) {
    return code == UPDATE_ROWS || code == UPDATE_ROWS_V1;
  }

  static boolean isDelete(int code) {
    return code == DELETE_ROWS || code == DELETE_ROWS_V1;
  }

  /** Whether it says nothing about data and may be passed over. */
  static boolean isSilent(int code) {
    return switch (code) {
      case STOP,
          INTVAR,
          RAND,
          USER_VAR,
          HEARTBEAT,
          HEARTBEAT_V2,
          IGNORABLE,
          ROWS_QUERY,
          PREVIOUS_GTIDS,
          TRANSACTION_CONTEXT,
          VIEW_CHANGE,
          ANNOTATE_ROWS,
          BINLOG_CHECKPOINT,
          MARIADB_GTID_LIST,
          START_ENCRYPTION ->
          true;
      default -> false;
    };
  }
}
