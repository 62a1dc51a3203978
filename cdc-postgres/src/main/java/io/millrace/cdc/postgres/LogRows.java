package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Check;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads rows of the change log from the answer to one query. Used by one thread. */
final class LogRows {
  private static final long MICROS = 1_000_000;

  /** So many has {@link LogRow#COLUMNS}. */
  private static final int COLUMNS = 15;

  /** The server's times count from 2000 on, in microseconds. */
  private static final long EPOCH_SECONDS = Instant.parse("2000-01-01T00:00:00Z").getEpochSecond();

  private final ResultSet row;

  /**
   * The table of the row before, which is mostly that of the next: one text for all of its rows.
   */
  private byte[] relationBytes = {};

  private String relation = "";

  private LogRows(ResultSet row) {
    this.row = row;
  }

  /** All of them; the columns must be {@link LogRow#COLUMNS}. */
  static List<LogRow> all(ResultSet row) throws SQLException {
    LogRows reader = new LogRows(row);
    List<LogRow> rows = new ArrayList<>();
    while (row.next()) {
      rows.add(reader.read());
    }
    return rows;
  }

  /** An answer to {@link LogQueries#LOOK}: one line without a row at least. */
  static LogLook look(ResultSet row) throws SQLException {
    LogRows reader = new LogRows(row);
    List<LogRow> rows = new ArrayList<>();
    LogHead head = null;
    while (row.next()) {
      if (head == null) {
        head = head(row, COLUMNS + 1);
      }
      row.getLong(1);
      if (!row.wasNull()) {
        rows.add(reader.read());
      }
    }
    return new LogLook(Check.notNull(head, "head"), rows);
  }

  /** The log's end, from that column on. */
  static LogHead head(ResultSet row, int column) throws SQLException {
    return new LogHead(
        PgSnapshot.parse(row.getString(column)),
        row.getString(column + 1),
        row.getBoolean(column + 2),
        row.getLong(column + 3),
        Instant.ofEpochMilli(row.getLong(column + 4)));
  }

  private LogRow read() throws SQLException {
    return new LogRow(
        row.getLong(1),
        row.getLong(2),
        row.getLong(3),
        instant(row.getBytes(4)),
        row.getInt(5),
        row.getInt(6),
        row.getInt(7),
        row.getBoolean(8),
        (char) row.getBytes(9)[0],
        relation(row.getBytes(10)),
        row.getBytes(11),
        row.getBytes(12),
        row.getBytes(13),
        row.getString(14),
        row.getString(15));
  }

  private String relation(byte[] bytes) {
    if (!Arrays.equals(bytes, relationBytes)) {
      relationBytes = bytes;
      relation = new String(bytes, StandardCharsets.UTF_8);
    }
    return relation;
  }

  private static Instant instant(byte[] binary) {
    long micros = ByteBuffer.wrap(binary).getLong();
    return Instant.ofEpochSecond(
        EPOCH_SECONDS + Math.floorDiv(micros, MICROS), Math.floorMod(micros, MICROS) * 1000);
  }
}
