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
import org.jspecify.annotations.Nullable;

/**
 * How a column is read and written by plain JDBC, and the one text by which the judge compares its
 * values.
 */
enum ColumnType {
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

  static String decimal(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }

  static String instant(Instant value) {
    return value.truncatedTo(ChronoUnit.MICROS).toString();
  }
}
