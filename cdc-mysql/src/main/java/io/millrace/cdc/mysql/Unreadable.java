package io.millrace.cdc.mysql;

/** Why an event that may hold changes cannot be read by this release, and what to do about it. */
final class Unreadable {
  private Unreadable() {}

  static String reason(int type) {
    return switch (type) {
      case EventCode.PARTIAL_UPDATE_ROWS -> "it holds only parts of JSON columns";
      case EventCode.TRANSACTION_PAYLOAD -> "the transaction is compressed";
      case EventCode.QUERY_COMPRESSED -> "the statement is compressed";
      case EventCode.GTID_TAGGED -> "its GTID has a tag";
      case EventCode.ANONYMOUS_GTID -> "the transaction has no GTID";
      case EventCode.INCIDENT -> "the server lost events: its log is not whole";
      default ->
          type >= EventCode.COMPRESSED_ROWS_FIRST && type <= EventCode.COMPRESSED_ROWS_LAST
              ? "the rows are compressed"
              : "this release does not know it";
    };
  }

  static String remedy(int type) {
    return switch (type) {
      case EventCode.PARTIAL_UPDATE_ROWS ->
          "SET GLOBAL binlog_row_value_options='', and reconnect the writers.";
      case EventCode.TRANSACTION_PAYLOAD ->
          "SET GLOBAL binlog_transaction_compression=OFF, and reconnect the writers.";
      case EventCode.GTID_TAGGED -> "Do not set GTID_NEXT='AUTOMATIC:tag'.";
      case EventCode.ANONYMOUS_GTID -> "Set gtid_mode=ON.";
      case EventCode.INCIDENT -> "Accept the gap or backfill from here on.";
      default ->
          type >= EventCode.QUERY_COMPRESSED && type <= EventCode.COMPRESSED_ROWS_LAST
              ? "SET GLOBAL log_bin_compress=OFF, and reconnect the writers."
              : "Use a newer release, or turn off the server's feature that writes it.";
    };
  }
}
