package io.millrace.cdc.mysql;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code millrace_heartbeat}, whose rows the reader meets in the binary log: the newest
 * heartbeat of each pipeline, times in microseconds since the epoch. Whoever takes a pipeline away
 * for good deletes its row here and in {@code millrace_reader}.
 */
final class HeartbeatTable {
  static final String NAME = "millrace_heartbeat";

  private static final String COLUMNS =
      " (pipeline varchar(255) not null primary key, log varchar(128) not null, counter bigint not null,"
          + " written_at bigint not null, acknowledged varchar(255), acknowledged_at bigint,"
          + " log_acknowledged varchar(255), log_acknowledged_at bigint)"
          + " character set utf8mb4 collate utf8mb4_bin";

  private static final int NO_TABLE = 1146;

  /** No such table, or not allowed: there is no place for heartbeats. */
  private static final Set<Integer> ABSENT = Set.of(1044, 1142, 1143, NO_TABLE);

  private static final int TIMEOUT_MILLIS = 10_000;

  private final SourceSettings settings;
  private final String database;

  HeartbeatTable(SourceSettings settings) {
    this.settings = settings;
    this.database = MySqlRegistration.quoted(settings.registrationDatabase()) + ".";
  }

  /** Makes it where it is missing. */
  String ddl() {
    return "create table if not exists " + database + NAME + COLUMNS;
  }

  /**
   * Writes a heartbeat; false where there is no place for it, the user may not, or the one server
   * there is takes no writes.
   */
  boolean write(Heartbeat heartbeat) {
    return new ServerTurns(settings)
        .writing(
            "write the heartbeat of pipeline " + heartbeat.pipeline(), c -> write(c, heartbeat));
  }

  /** What keeps heartbeats from being written, by asking the server for a write of nothing. */
  Optional<Finding> check(Connection connection) throws SQLException {
    String table = database + NAME;
    try (PreparedStatement statement =
        connection.prepareStatement(
            "replace into " + table + " select * from " + table + " where pipeline is null")) {
      statement.executeUpdate();
      return Optional.empty();
    } catch (SQLException e) {
      if (ServerCatalog.READ_ONLY.contains(e.getErrorCode())) {
        return Optional.empty(); // told elsewhere
      }
      if (!ABSENT.contains(e.getErrorCode())) {
        throw e;
      }
      String why =
          " ("
              + e.getMessage()
              + "), so health is told by progress only and the ledgers of appliers are not cleaned up.";
      return Optional.of(
          e.getErrorCode() == NO_TABLE
              ? Finding.warning(
                  "heartbeat-missing",
                  "There is no " + table + why,
                  "Call registration().install(), or run registration().ddl().")
              : Finding.warning(
                  "heartbeat-grant",
                  "The data source's user may not write " + table + why,
                  "GRANT SELECT, INSERT, UPDATE, DELETE ON " + table + " TO …"));
    }
  }

  private boolean write(Connection connection, Heartbeat heartbeat) throws SQLException {
    int before = connection.getNetworkTimeout();
    connection.setNetworkTimeout(Runnable::run, TIMEOUT_MILLIS);
    try {
      insert(connection, heartbeat, ofAll(connection, heartbeat));
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
      return true;
    } catch (SQLException e) {
      if (ABSENT.contains(e.getErrorCode()) || ServerCatalog.READ_ONLY.contains(e.getErrorCode())) {
        return false;
      }
      throw e;
    } finally {
      if (!connection.isClosed()) {
        connection.setNetworkTimeout(Runnable::run, before);
      }
    }
  }

  /** What every pipeline of this log has passed; empty where one has not said. */
  private Optional<Heartbeat.Mark> ofAll(Connection connection, Heartbeat heartbeat)
      throws SQLException {
    if (heartbeat.acknowledged().isEmpty() || settings.log().isPresent()) {
      return Optional.empty(); // a log that is named by hand knows nothing of other readers
    }
    Heartbeat.Mark own = heartbeat.acknowledged().get();
    List<List<@Nullable String>> rows =
        ServerCatalog.rows(
            connection,
            "select h.acknowledged, h.acknowledged_at from "
                + database
                + "millrace_reader r left join "
                + database
                + NAME
                + " h on h.pipeline = r.pipeline where r.pipeline <> ?",
            heartbeat.pipeline());
    Version version = own.version();
    Instant at = own.writtenAt();
    for (List<@Nullable String> row : rows) {
      String acknowledged = row.get(0);
      String acknowledgedAt = row.get(1);
      if (acknowledged == null || acknowledgedAt == null) {
        return Optional.empty();
      }
      Version other = Version.fromHex(acknowledged);
      version = other.compareTo(version) < 0 ? other : version;
      Instant otherAt = instant(Long.parseLong(acknowledgedAt));
      at = otherAt.isBefore(at) ? otherAt : at;
    }
    return Optional.of(new Heartbeat.Mark(version, at));
  }

  private void insert(Connection connection, Heartbeat heartbeat, Optional<Heartbeat.Mark> all)
      throws SQLException {
    String log =
        settings.log().isPresent()
            ? settings.log().get()
            : ServerCatalog.value(
                connection, "select log from " + database + MySqlRegistration.TABLE);
    try (PreparedStatement statement =
        connection.prepareStatement(
            "replace into " + database + NAME + " values (?, ?, ?, ?, ?, ?, ?, ?)")) {
      statement.setString(1, heartbeat.pipeline());
      statement.setString(2, log);
      statement.setLong(3, heartbeat.counter());
      statement.setLong(4, micros(heartbeat.writtenAt()));
      bind(statement, 5, heartbeat.acknowledged());
      bind(statement, 7, all);
      statement.executeUpdate();
    }
  }

  private static void bind(PreparedStatement statement, int index, Optional<Heartbeat.Mark> mark)
      throws SQLException {
    if (mark.isPresent()) {
      statement.setString(index, mark.get().version().toHex());
      statement.setLong(index + 1, micros(mark.get().writtenAt()));
    } else {
      statement.setNull(index, Types.VARCHAR);
      statement.setNull(index + 1, Types.BIGINT);
    }
  }

  /** What a row in the binary log says; empty where it is another pipeline's, or another log's. */
  static Optional<Heartbeat> read(FieldNames names, Value[] row, String pipeline, String log) {
    if (!text(names, row, "pipeline").equals(pipeline) || !text(names, row, "log").equals(log)) {
      return Optional.empty();
    }
    String acknowledged = text(names, row, "log_acknowledged");
    return Optional.of(
        new Heartbeat(
            pipeline,
            number(names, row, "counter"),
            instant(number(names, row, "written_at")),
            acknowledged.isEmpty()
                ? Optional.empty()
                : Optional.of(
                    new Heartbeat.Mark(
                        Version.fromHex(acknowledged),
                        instant(number(names, row, "log_acknowledged_at"))))));
  }

  private static String text(FieldNames names, Value[] row, String name) {
    return value(names, row, name) instanceof Value.StringValue text ? text.value() : "";
  }

  private static long number(FieldNames names, Value[] row, String name) {
    return value(names, row, name) instanceof Value.Int64Value number ? number.value() : 0;
  }

  private static Value value(FieldNames names, Value[] row, String name) {
    int index = names.indexOf(name);
    if (index < 0) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Table %s has no column '%s': it was made by another release, or it is not ours."
                  + " Drop it and call registration().install().",
              NAME,
              name));
    }
    return row[index];
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
