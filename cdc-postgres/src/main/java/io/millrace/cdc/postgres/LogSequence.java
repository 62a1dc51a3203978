package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The sequence of the log's ids. A session that keeps some for later would give the last change of
 * a row a lower id than the one before, which another session made.
 */
final class LogSequence {
  private static final String WRONG =
      """
      SELECT 'CACHE ' || seqcache || ', INCREMENT ' || seqincrement || CASE WHEN seqcycle THEN ', CYCLE' ELSE '' END
      FROM pg_catalog.pg_sequence
      WHERE seqrelid = 'millrace.change_log_id'::regclass AND (seqcache <> 1 OR seqincrement <> 1 OR seqcycle)""";

  private LogSequence() {}

  /** What is wrong with it; empty where nothing is. */
  static List<Finding> findings(Connection connection) throws SQLException {
    try (Statement query = connection.createStatement();
        ResultSet row = query.executeQuery(WRONG)) {
      if (!row.next()) {
        return List.of();
      }
      return List.of(
          Finding.refused(
              "log-sequence",
              "The sequence millrace.change_log_id has %s: the ids of the changes of one row do not rise, so they would come out of order."
                  .formatted(row.getString(1)),
              "Run source.changeLog().install(), or ALTER SEQUENCE millrace.change_log_id CACHE 1 INCREMENT 1 NO CYCLE, and reconnect the"
                  + " writers, who may keep ids. What was logged meanwhile may come out of order: compare the consumers with the database."));
    }
  }
}
