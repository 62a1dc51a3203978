package io.millrace.cdc.postgres;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What partitions and children of a captured table would hide. */
final class PartitionCheck {
  private static final String ADOPT = "millrace.adopt(text, text, boolean)";

  private static final String ANCESTORS =
      """
      SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_partition_ancestors(?::oid::regclass) a
      JOIN pg_catalog.pg_class c ON c.oid = a.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace""";

  private static final String CHILDREN =
      """
      SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.inhparent = ?::oid ORDER BY 1""";

  private static final String MAY_ADOPT =
      "SELECT CASE WHEN pg_catalog.has_function_privilege('"
          + ADOPT
          + "', 'EXECUTE') OR ? = 0 THEN '' ELSE current_user::text END";

  private final Connection connection;
  private final CapturedTable table;
  private final TableLayout layout;
  private final List<Finding> findings;

  PartitionCheck(
      Connection connection, CapturedTable table, TableLayout layout, List<Finding> findings) {
    this.connection = connection;
    this.table = table;
    this.layout = layout;
    this.findings = findings;
  }

  void run(List<CapturedTable> captured) throws SQLException {
    Set<String> names = captured.stream().map(CapturedTable::name).collect(Collectors.toSet());
    List<String> above = names(ANCESTORS);
    above.remove(table.name());
    above.retainAll(names);
    if (!above.isEmpty()) {
      findings.add(
          Finding.refused(
              "partition-captured-twice",
              "%s is a partition of %s, and both are captured: each change would come twice."
                  .formatted(table.name(), above.get(0)),
              "Capture one of them."));
    }
    if (layout.partitions().isPresent()) {
      partitions(layout.partitions().get());
    } else {
      children(names);
    }
  }

  private void partitions(List<TableLayout.Partition> partitions) throws SQLException {
    for (TableLayout.Partition partition : partitions) {
      if (partition.foreign()) {
        findings.add(
            Finding.refused(
                "partition-foreign",
                "Partition %s of %s is a foreign table, whose rows change without a trigger of this database."
                    .formatted(partition.name(), table.name()),
                "Capture it where its rows are, and the other partitions one by one."));
      }
    }
    String user = names(MAY_ADOPT).get(0);
    if (!user.isEmpty()) {
      findings.add(
          Finding.refused(
              "grant-missing",
              "User %s may not execute %s, which takes notice of the partitions of %s that come and go."
                  .formatted(user, ADOPT, table.name()),
              "GRANT EXECUTE ON FUNCTION %s TO %s".formatted(ADOPT, Sql.identifier(user))));
    }
  }

  /** Rows of children are rows of the parent in every query, but not for its triggers and key. */
  private void children(Set<String> captured) throws SQLException {
    List<String> children = names(CHILDREN);
    children.removeAll(captured);
    if (!children.isEmpty()) {
      findings.add(
          Finding.refused(
              "inheritance-children",
              "%s has children by inheritance (%s): their rows are among its own in every query, but its triggers do not see them."
                  .formatted(table.name(), String.join(", ", children)),
              "Capture each of them too, as entities of their own, or leave %s out."
                  .formatted(table.name())));
    }
  }

  private List<String> names(String sql) throws SQLException {
    List<String> names = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(sql)) {
      query.setLong(1, layout.oid());
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          names.add(row.getString(1));
        }
      }
    }
    return names;
  }

  /**
   * Takes notice of the partitions that came and went since the last time, and gives those that
   * came their own trigger. For a reader; preflight changes nothing.
   */
  static List<Finding> adopt(Connection connection, CapturedTable table) throws SQLException {
    List<Finding> findings = new ArrayList<>();
    try (PreparedStatement query =
        connection.prepareStatement("SELECT part_name, what FROM millrace.adopt(?, ?, ?)")) {
      query.setString(1, table.schema());
      query.setString(2, table.table());
      query.setBoolean(3, table.partitionsComeAndGo());
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          findings.add(finding(table, row.getString(1), row.getString(2)));
        }
      }
    }
    return findings;
  }

  private static Finding finding(CapturedTable table, String partition, String what) {
    String which = "Partition " + partition + " of " + table.name();
    String decide =
        "Give the consumers what they lack, or take from them what is gone, then run source.changeLog().install(), which takes the partitions"
            + " as they are. Where partitions bring and take rows as a rule, say so with partitionsComeAndGo().";
    return switch (what) {
      case "brought" ->
          decided(
              table,
              "partition-brought-rows",
              which + " was attached with rows in it, of which no consumer is told.",
              decide);
      case "gone" ->
          decided(
              table,
              "partition-gone",
              which
                  + " was detached or dropped: its rows are gone from the table, and no consumer is told.",
              decide);
      case "waits" ->
          Finding.warning(
              "partition-trigger-waits",
              which
                  + " is always being written, so that it could not be given its trigger for TRUNCATE yet; it is tried again.",
              "Nothing, unless somebody truncates that partition alone now.");
      default ->
          Finding.warning(
              "partition-trigger-denied",
              which
                  + " belongs to another role than the change log, so that a TRUNCATE of that partition alone is not logged.",
              "Run source.changeLog().install() as a role that owns both, or never truncate it alone.");
    };
  }

  private static Finding decided(CapturedTable table, String code, String message, String remedy) {
    return table.partitionsComeAndGo()
        ? Finding.warning(code, message, "partitionsComeAndGo() accepts it.")
        : Finding.refused(code, message, remedy);
  }
}
