package io.millrace.benchmarks.debezium;

import io.millrace.benchmarks.protocol.Place;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** PostgreSQL's replication slots and the publication that they decode. */
final class Slots {
  private static final int PATIENCE_MILLIS = 10_000;

  private final Place place;
  private final String table;

  Slots(Place place, String table) {
    this.place = place;
    this.table = table;
  }

  /** A slot from now on, and the publication where there is none yet. */
  void create(String slot) throws SQLException {
    run(
        "do $$ begin if not exists (select from pg_publication where pubname = '"
            + Settings.PUBLICATION
            + "') then create publication "
            + Settings.PUBLICATION
            + " for table "
            + table
            + "; end if; end $$");
    run("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
  }

  /** A slot that stands where another does. */
  void copy(String slot, String copy) throws SQLException {
    run("select pg_copy_logical_replication_slot('" + slot + "', '" + copy + "')");
  }

  /** Removes one, ending its reader if that still hangs on, and waiting for that. */
  void drop(String slot) throws SQLException {
    run(
        "select pg_terminate_backend(active_pid, "
            + PATIENCE_MILLIS
            + ") from pg_replication_slots where slot_name = '"
            + slot
            + "'");
    run("select pg_drop_replication_slot('" + slot + "')");
  }

  private void run(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(place.url(), place.user(), place.password());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
