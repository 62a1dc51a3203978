package io.millrace.cdc.apply.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds rights that are missing: asks the server to plan the statements that an applier will run.
 * It checks them as if it ran them, roles and columns included, and runs nothing.
 */
final class GrantCheck {
  private static final Logger log = LoggerFactory.getLogger(GrantCheck.class);

  private final Connection connection;
  private final SqlDialect dialect;
  private final List<String> problems;

  GrantCheck(Connection connection, SqlDialect dialect, List<String> problems) {
    this.connection = connection;
    this.dialect = dialect;
    this.problems = problems;
  }

  /** A mapped table, with the columns that are written. */
  void mapped(EntityMapping mapping, MappedTable table) throws SQLException {
    List<String> others =
        table.otherFields().asList().stream().map(f -> table.column(f).sqlName()).toList();
    List<String> keys = table.keyColumns().stream().map(TargetColumn::sqlName).toList();
    look(
        "entity '%s' -> table '%s'".formatted(mapping.entity(), mapping.table()),
        table.table().sqlName(),
        Stream.concat(keys.stream(), others.stream()).toList(),
        others.isEmpty() ? keys : others);
  }

  /** One of this library's own tables. */
  void own(String plainName) throws SQLException {
    String table = dialect.ownTable(plainName);
    look("this library's table " + table, table, List.of("applier"), List.of("applier"));
  }

  private void look(String what, String table, List<String> columns, List<String> changed)
      throws SQLException {
    Map<String, String> plans = new LinkedHashMap<>();
    String names = String.join(", ", columns);
    plans.put("SELECT", "SELECT %s FROM %s WHERE 1 = 0".formatted(names, table));
    plans.put(
        "INSERT",
        "INSERT INTO %s (%s) SELECT %s FROM (SELECT 1 AS one) d WHERE 1 = 0"
            .formatted(
                table, names, String.join(", ", columns.stream().map(c -> "NULL").toList())));
    plans.put(
        "UPDATE",
        "UPDATE %s SET %s WHERE 1 = 0"
            .formatted(
                table, String.join(", ", changed.stream().map(c -> c + " = NULL").toList())));
    plans.put("DELETE", "DELETE FROM %s WHERE 1 = 0".formatted(table));
    List<String> lacking = new ArrayList<>();
    String said = "";
    for (Map.Entry<String, String> plan : plans.entrySet()) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("EXPLAIN " + plan.getValue());
      } catch (SQLException e) {
        if (dialect.lacksRight(e)) {
          lacking.add(plan.getKey());
          said = e.getMessage();
        } else if (!connection.isValid(0)) {
          throw e;
        } else {
          log.debug("cannot plan {}", plan.getValue(), e); // the first event says it better
        }
      }
    }
    if (!lacking.isEmpty()) {
      problems.add(
          "%s: user %s may not %s it (%s). GRANT %s ON %s."
              .formatted(
                  what,
                  connection.getMetaData().getUserName(),
                  String.join(", ", lacking),
                  said,
                  String.join(", ", lacking),
                  table));
    }
  }
}
