package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * A database of its own. Time passes by moving the leases' ends, since the server's clock rules.
 */
final class JdbcPositionsHarness implements PositionStoreHarness {
  private final Database database;

  JdbcPositionsHarness(Database database) {
    this.database = database;
  }

  @Override
  public PositionStore store() {
    return JdbcPositions.in(database.dataSource());
  }

  @Override
  public void pass(Duration time) {
    database.update("update millrace_position set lease_until = lease_until - ?", time.toMillis());
  }

  @Override
  public void writeAsNewerRelease(String pipeline) {
    database.update("update millrace_position set format = 2 where pipeline = ?", pipeline);
  }

  @Override
  public void crashWhileSaving(String pipeline) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.executeUpdate("update millrace_position set epoch = 999, position_text = 'torn'");
      connection.abort(Runnable::run);
    }
  }

  @Override
  public void close() {
    database.drop();
  }
}
