package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import javax.sql.DataSource;

/**
 * The tables, functions and triggers in the captured database: schema {@code millrace} and three
 * triggers on each captured table.
 *
 * <p>Whoever installs must own the captured tables and be allowed to create a schema. Thread-safe;
 * every call uses a connection of its own.
 */
public final class PostgresChangeLog {
  /** Serialises installations; any number of its own would do. */
  private static final long LOCK = 0x6d696c6c72616365L;

  private final DataSource dataSource;
  private final String service;
  private final List<CapturedTable> tables;

  PostgresChangeLog(DataSource dataSource, String service, List<CapturedTable> tables) {
    this.dataSource = dataSource;
    this.service = service;
    this.tables = tables;
  }

  /**
   * Installs the change log and its triggers, or brings them up to date, in one transaction. Does
   * nothing where all is as it should be.
   *
   * <p>A trigger that is missing or different is created, which waits until no transaction writes
   * its table. The partitions of a partitioned table are taken as they are: what stopped a pipeline
   * because they came with rows or went counts as dealt with.
   *
   * @throws SourceException where the server refuses; its message names the statement
   */
  public void install() {
    inTransaction(
        connection -> {
          for (String statement : general()) {
            run(connection, statement);
          }
          Catalog catalog = new Catalog(connection);
          for (CapturedTable table : tables) {
            TableLayout layout = layout(catalog, table);
            if (!TriggerCheck.areAsTheyShouldBe(connection, table, layout)) {
              for (String statement : TriggerDdl.create(table, layout)) {
                run(connection, statement);
              }
            }
            if (layout.partitions().isPresent()) {
              run(connection, TriggerDdl.adopt(table));
            }
          }
        });
  }

  /**
   * The statements that {@link #install} runs, for a migration tool. Idempotent. Connects, since
   * the triggers name the tables' keys.
   *
   * @throws SourceException where a captured table is missing or the server is away
   */
  public String ddl() {
    List<String> statements = new ArrayList<>(general());
    inTransaction(
        connection -> {
          Catalog catalog = new Catalog(connection);
          for (CapturedTable table : tables) {
            TableLayout layout = layout(catalog, table);
            statements.addAll(TriggerDdl.create(table, layout));
            if (layout.partitions().isPresent()) {
              statements.add(TriggerDdl.adopt(table));
            }
          }
        });
    return String.join(";\n\n", statements) + ";\n";
  }

  /**
   * Drops what the retention gives up, as far as that can be done now without a writer waiting; for
   * a job, where readers are not to do it or none runs. Needs EXECUTE on {@code millrace.rotate}
   * and {@code millrace.retain}.
   *
   * @return what was done, one sentence per segment; empty where there was nothing to do
   * @throws SourceException where the server is away or refuses
   */
  public List<String> retain(LogRetention retention) {
    try (Connection connection = dataSource.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(true);
      try {
        return new LogKeeper(retention).run(connection);
      } finally {
        connection.setAutoCommit(autoCommit);
      }
    } catch (SQLException e) {
      throw Sql.failure("The change log of service '" + service + "' was not tidied up", e);
    }
  }

  /**
   * Forgets a pipeline that is gone for good, so that the log is not kept for it. Started again, it
   * makes a first start where its position store is empty too; where it is not, it goes on, or
   * finds its position lost where something was dropped meanwhile that it had not read.
   *
   * @return whether it was known
   * @throws SourceException where the server is away or refuses
   */
  public boolean forgetReader(String pipeline) {
    boolean[] known = {false};
    inTransaction(
        connection -> {
          try (PreparedStatement delete =
              connection.prepareStatement("DELETE FROM millrace.reader WHERE pipeline = ?")) {
            delete.setString(1, pipeline);
            known[0] = delete.executeUpdate() > 0;
          }
          run(
              connection,
              "DELETE FROM millrace.heartbeat WHERE pipeline = " + Sql.literal(pipeline));
        });
    return known[0];
  }

  /**
   * Removes every trigger of the change log, the log with all it holds, and the registration; what
   * an applier keeps in the same schema stays. A log installed later is another log: readers of
   * this one find their position lost.
   */
  public void uninstall() {
    inTransaction(
        connection -> {
          List<String> drops = new ArrayList<>();
          try (Statement query = connection.createStatement();
              ResultSet row = query.executeQuery(TriggerDdl.ALL_TRIGGERS)) {
            while (row.next()) {
              drops.add("DROP TRIGGER " + row.getString(1) + " ON " + row.getString(2));
            }
          }
          drops.addAll(TriggerDdl.DROP_LOG);
          for (String statement : drops) {
            run(connection, statement);
          }
        });
  }

  private static TableLayout layout(Catalog catalog, CapturedTable table) throws SQLException {
    Optional<TableLayout> layout = catalog.table(table.schema(), table.table());
    return layout.orElseThrow(
        () ->
            new SourceException(
                "The captured table %s does not exist. Create it first, or take it out of the source's capture list."
                    .formatted(table.name())));
  }

  private List<String> general() {
    try (InputStream resource = PostgresChangeLog.class.getResourceAsStream("change-log.sql")) {
      if (resource == null) {
        throw new AssertionError("change-log.sql is not in the jar");
      }
      String script = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
      List<String> statements = new ArrayList<>();
      for (String statement : script.split("(?m)^--;;$", -1)) {
        String trimmed = statement.strip();
        statements.add(
            trimmed
                .replaceAll("\\$\\{service}", Matcher.quoteReplacement(Sql.literal(service)))
                .replaceAll(";$", ""));
      }
      return statements;
    } catch (IOException e) {
      throw new AssertionError("change-log.sql cannot be read from the jar", e);
    }
  }

  private interface Work {
    void with(Connection connection) throws SQLException;
  }

  private void inTransaction(Work work) {
    try (Connection connection = dataSource.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      try {
        run(connection, "SELECT pg_catalog.pg_advisory_xact_lock(" + LOCK + ")");
        work.with(connection);
        connection.commit();
      } catch (SQLException | RuntimeException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(autoCommit);
      }
    } catch (SQLException e) {
      throw Sql.failure("The change log of service '" + service + "' was not changed", e);
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
