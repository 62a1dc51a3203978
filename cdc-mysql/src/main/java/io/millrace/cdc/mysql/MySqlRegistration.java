package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code millrace_registration}, which gives the captured log its name: one row with the
 * name (the service's tag and 8 random hexadecimal digits), the epoch of its versions, the run of
 * the server that the epoch was made for, and the format. An applier that writes to the same
 * database learns from it which events are its own.
 */
public final class MySqlRegistration {
  private static final int FORMAT = 1;
  static final String TABLE = "millrace_registration";
  private static final String READERS = "millrace_reader";

  private final SourceSettings settings;
  private final ServerTurns servers;
  private final String name;
  private final String readers;

  MySqlRegistration(SourceSettings settings) {
    this.settings = settings;
    this.servers = new ServerTurns(settings);
    this.name = quoted(settings.registrationDatabase()) + "." + TABLE;
    this.readers = quoted(settings.registrationDatabase()) + "." + READERS;
  }

  /** What the table holds. */
  record Registered(String log, long epoch, String server) {}

  /**
   * The statements that {@link #install()} runs, for a migration tool. The log's name in them is
   * drawn anew at every call: run them once; run again they change nothing.
   */
  public List<String> ddl() {
    String log = settings.service() + "-" + HexFormat.of().toHexDigits(settings.random().nextInt());
    List<String> statements = new ArrayList<>();
    settings
        .outbox()
        .ifPresent(states -> statements.add(OutboxTable.ddl(settings.registrationDatabase())));
    Collections.addAll(
        statements,
        "create table if not exists "
            + name
            + " (id tinyint not null primary key, log varchar(128) not null, epoch bigint not null,"
            + " identity varchar(255) not null, format smallint not null) character set utf8mb4 collate utf8mb4_bin",
        "insert ignore into "
            + name
            + " (id, log, epoch, identity, format) values (1, '"
            + log.replace("\\", "\\\\").replace("'", "''")
            + "', 0, '', "
            + FORMAT
            + ")",
        "create table if not exists "
            + readers
            + " (pipeline varchar(255) not null primary key, first_saved_at datetime(6) not null)"
            + " character set utf8mb4 collate utf8mb4_bin",
        new HeartbeatTable(settings).ddl());
    return statements;
  }

  /**
   * Makes the table and names the log; does nothing where that was done.
   *
   * @throws SourceException where the server is away or the user may not create tables
   */
  public void install() {
    servers.writing(
        "create " + name,
        connection -> {
          try (Statement statement = connection.createStatement()) {
            for (String sql : ddl()) {
              statement.execute(sql);
            }
            return commit(connection);
          }
        });
  }

  /** The log's name and epoch, empty where {@link #install()} was not run. */
  Optional<Registered> find() {
    return servers.ofWriter("read " + name, this::find);
  }

  private Optional<Registered> find(Connection connection) throws SQLException {
    String exists =
        ServerCatalog.value(
            connection,
            "select count(*) from information_schema.tables where table_schema = ? and table_name = ?",
            settings.registrationDatabase(),
            TABLE);
    if (exists.equals("0")) {
      return Optional.empty();
    }
    List<List<@Nullable String>> rows =
        ServerCatalog.rows(connection, "select log, epoch, format, identity from " + name);
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    List<@Nullable String> row = rows.get(0);
    if (Integer.parseInt(String.valueOf(row.get(2))) > FORMAT) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "%s has format %s, written by a newer release; this one knows %s.",
              name,
              row.get(2),
              FORMAT));
    }
    return Optional.of(
        new Registered(
            String.valueOf(row.get(0)),
            Long.parseLong(String.valueOf(row.get(1))),
            String.valueOf(row.get(3))));
  }

  /** The log's name; the given one where the settings give one. */
  String log() {
    return settings.log().or(() -> find().map(Registered::log)).orElseThrow(this::missing);
  }

  /** The epoch registered, 0 before the first; empty where the name was given by the settings. */
  OptionalLong epoch() {
    return settings.log().isPresent()
        ? OptionalLong.empty()
        : OptionalLong.of(find().orElseThrow(this::missing).epoch());
  }

  /** The run of the server that the epoch was made for; empty where none, or no registration. */
  String server() {
    return settings.log().isPresent() ? "" : find().orElseThrow(this::missing).server();
  }

  /** Tells appliers of this database about a new epoch; it never goes back. */
  void raise(long epoch, String server) {
    if (settings.log().isPresent()) {
      return;
    }
    servers.writing(
        "write the epoch to " + name,
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "update "
                      + name
                      + " set epoch = ?, identity = ? where id = 1 and (epoch < ? or (epoch = ? and"
                      + " identity <> ?))")) {
            statement.setLong(1, epoch);
            statement.setString(2, server);
            statement.setLong(3, epoch);
            statement.setLong(4, epoch);
            statement.setString(5, server);
            statement.executeUpdate();
            return commit(connection);
          }
        });
  }

  /** Whether a pipeline has saved a position before; false where the log's name was given. */
  boolean hasRun(String pipeline) {
    return settings.log().isEmpty()
        && servers.ofWriter(
            "read " + readers,
            connection ->
                !ServerCatalog.value(
                        connection, "select 1 from " + readers + " where pipeline = ?", pipeline)
                    .isEmpty());
  }

  /**
   * Leaves the trace that {@link #hasRun} looks for; does nothing where the log's name was given.
   */
  void remember(String pipeline) {
    if (settings.log().isPresent()) {
      return;
    }
    servers.writing(
        "write to " + readers,
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "insert ignore into " + readers + " values (?, utc_timestamp(6))")) {
            statement.setString(1, pipeline);
            statement.executeUpdate();
            return commit(connection);
          }
        });
  }

  private SourceException missing() {
    return new SourceException(
        String.format(
            Locale.ROOT,
            "%s has no registration in %s: call registration().install() once, run"
                + " registration().ddl() by hand, or name the log with log(…).",
            settings.address(),
            name));
  }

  private static boolean commit(Connection connection) throws SQLException {
    if (!connection.getAutoCommit()) {
      connection.commit();
    }
    return true;
  }

  static String quoted(String identifier) {
    return "`" + identifier.replace("`", "``") + "`";
  }
}
