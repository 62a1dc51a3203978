package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Version;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/** Heartbeats as rows of the change log. */
final class HeartbeatRows {
  /** What stands for the table's name in the log. */
  private static final String RELATION = "millrace.heartbeat";

  /**
   * Function, schema or grant is missing, or a function of another release: no place for
   * heartbeats.
   */
  private static final Set<String> ABSENT = Set.of("42883", "3F000", "42501");

  private static final int TIMEOUT_MILLIS = 10_000;

  private HeartbeatRows() {}

  /** Writes one; false where the log has no place for it, or this user may not. */
  static boolean write(DataSource dataSource, Heartbeat heartbeat) {
    try (Connection connection = dataSource.getConnection()) {
      int before = connection.getNetworkTimeout();
      connection.setNetworkTimeout(Runnable::run, TIMEOUT_MILLIS);
      try {
        write(connection, heartbeat);
      } finally {
        if (!connection.isClosed()) {
          connection.setNetworkTimeout(Runnable::run, before);
        }
      }
      return true;
    } catch (SQLException e) {
      if (ABSENT.contains(String.valueOf(e.getSQLState()))) {
        return false;
      }
      throw Sql.failure(
          "The heartbeat of pipeline '" + heartbeat.pipeline() + "' was not written", e);
    }
  }

  private static void write(Connection connection, Heartbeat heartbeat) throws SQLException {
    try (PreparedStatement call =
        connection.prepareStatement("SELECT millrace.beat(?, ?, ?, ?, ?)")) {
      call.setString(1, heartbeat.pipeline());
      call.setLong(2, heartbeat.counter());
      call.setLong(3, micros(heartbeat.writtenAt()));
      Optional<Heartbeat.Mark> mark = heartbeat.acknowledged();
      if (mark.isPresent()) {
        call.setString(4, mark.get().version().toHex());
        call.setLong(5, micros(mark.get().writtenAt()));
      } else {
        call.setNull(4, Types.VARCHAR);
        call.setNull(5, Types.BIGINT);
      }
      call.execute();
    }
    if (!connection.getAutoCommit()) {
      connection.commit();
    }
  }

  /** Whether a row of the log is a heartbeat, of whichever pipeline. */
  static boolean is(LogRow row) {
    return row.relation().equals(RELATION);
  }

  /** What a row says. */
  static Heartbeat read(LogRow row) {
    byte[] text = row.newText();
    if (text == null) {
      throw new SourceException(
          "Row %s of the change log is a heartbeat without content.".formatted(row.id()));
    }
    Map<String, String> fields = new HashMap<>();
    JsonText json = new JsonText(text);
    json.members(
        0,
        (name, start, end) -> {
          char first = json.first(start);
          if (first != 'n') {
            fields.put(name, first == '"' ? json.string(start, end) : json.slice(start, end));
          }
        });
    String acknowledged = fields.get(Heartbeat.ACKNOWLEDGED);
    return new Heartbeat(
        fields.getOrDefault(Heartbeat.PIPELINE, ""),
        Long.parseLong(fields.getOrDefault(Heartbeat.COUNTER, "0")),
        instant(fields.getOrDefault(Heartbeat.WRITTEN_AT, "0")),
        acknowledged == null
            ? Optional.empty()
            : Optional.of(
                new Heartbeat.Mark(
                    Version.fromHex(acknowledged),
                    instant(fields.getOrDefault(Heartbeat.ACKNOWLEDGED_AT, "0")))));
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  private static Instant instant(String micros) {
    return Instant.EPOCH.plus(Long.parseLong(micros), ChronoUnit.MICROS);
  }
}
