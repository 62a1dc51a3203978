package io.millrace.examples.monolith;

import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * How a column is read and written by plain JDBC, and the one text by which the judge compares its
 * values.
 */
public enum ColumnType {
  /** A whole number. */
  LONG {
    @Override
    @Nullable String read(ResultSet rows, int index) throws SQLException {
      long value = rows.getLong(index);
      return rows.wasNull() ? null : Long.toString(value);
    }

    @Override
    void write(PreparedStatement statement, int index, String text, boolean postgres)
        throws SQLException {
      statement.setLong(index, Long.parseLong(text));
    }
  },
  /** Text. */
  TEXT {
    @Override
    @Nullable String read(ResultSet rows, int index) throws SQLException {
      return rows.getString(index);
    }

    @Override
    void write(PreparedStatement statement, int index, String text, boolean postgres)
        throws SQLException {
      statement.setString(index, text);
    }
  },
  /** An exact number, also where it is kept as text. */
  DECIMAL {
    @Override
    @Nullable String read(ResultSet rows, int index) throws SQLException {
      BigDecimal value = rows.getBigDecimal(index);
      return value == null ? null : decimal(value);
    }

    @Override
    void write(PreparedStatement statement, int index, String text, boolean postgres)
        throws SQLException {
      statement.setBigDecimal(index, new BigDecimal(text));
    }
  },
  /** True or false, 1 or 0. */
  BOOL {
    @Override
    @Nullable String read(ResultSet rows, int index) throws SQLException {
      boolean value = rows.getBoolean(index);
      return rows.wasNull() ? null : value ? "1" : "0";
    }

    @Override
    void write(PreparedStatement statement, int index, String text, boolean postgres)
        throws SQLException {
      statement.setBoolean(index, text.equals("1"));
    }
  },
  /** A day; on the other side also a DATETIME at its midnight. */
  DATE {
    @Override
    @Nullable String read(ResultSet rows, int index) throws SQLException {
      String text = rows.getString(index);
      return text == null ? null : text.replaceFirst(" 00:00:00(\\.0+)?$", "");
    }

    @Override
    void write(PreparedStatement statement, int index, String text, boolean postgres)
        throws SQLException {
      statement.setString(index, text);
    }
  },
  /** Bytes, as hexadecimal digits. */
  BYTES {
    @Override
    @Nullable String read(ResultSet rows, int index) throws SQLException {
      byte[] value = rows.getBytes(index);
      return value == null ? null : HexFormat.of().formatHex(value);
    }

    @Override
    void write(PreparedStatement statement, int index, String text, boolean postgres)
        throws SQLException {
      statement.setBytes(index, HexFormat.of().parseHex(text));
    }
  },
  /**
   * A point in time: timestamptz on one side, TIMESTAMP(6) on the other, whose session runs in UTC.
   */
  INSTANT {
    @Override
    @Nullable String read(ResultSet rows, int index) throws SQLException {
      String text = rows.getString(index);
      if (text == null) {
        return null;
      }
      // PostgreSQL prints "2026-01-02 03:04:05.678901+00", MariaDB "2026-01-02 03:04:05.678901".
      String plain = text.replaceFirst("\\+00$", "").replace(' ', 'T');
      return instant(LocalDateTime.parse(plain).toInstant(ZoneOffset.UTC));
    }

    @Override
    void write(PreparedStatement statement, int index, String text, boolean postgres)
        throws SQLException {
      OffsetDateTime time = Instant.parse(text).atOffset(ZoneOffset.UTC);
      if (postgres) {
        statement.setObject(index, time);
      } else {
        statement.setString(index, MICROS.format(time));
      }
    }
  };

  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS");

  abstract @Nullable String read(ResultSet rows, int index) throws SQLException;

  abstract void write(PreparedStatement statement, int index, String text, boolean postgres)
      throws SQLException;

  /** The one text of a decimal. */
  public static String decimal(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }

  /** The one text of a point in time. */
  public static String instant(Instant value) {
    return value.truncatedTo(ChronoUnit.MICROS).toString();
  }
}
