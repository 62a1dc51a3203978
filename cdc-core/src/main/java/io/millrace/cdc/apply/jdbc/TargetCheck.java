package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.Nesting;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects what keeps a mapping from being applied to a database: all of it, not the first. */
final class TargetCheck {
  private static final int INSTALL_ATTEMPTS = 3;

  private final Connection connection;
  private final SqlDialect dialect;
  private final List<String> problems = new ArrayList<>();

  TargetCheck(Connection connection, SqlDialect dialect) {
    this.connection = connection;
    this.dialect = dialect;
  }

  /** What was found so far. */
  List<String> problems() {
    return problems;
  }

  /** Makes this library's own tables where they are missing, and looks for rights on them. */
  void install() throws SQLException {
    try {
      for (int attempt = 1; !dialect.installed(connection); attempt++) {
        try (Statement statement = connection.createStatement()) {
          for (String sql : dialect.ddl()) {
            statement.execute(sql);
          }
        } catch (SQLException e) {
          // Somebody else may be making them at the same time; the second look finds them.
          if (attempt == INSTALL_ATTEMPTS) {
            problems.add(
                "this library's tables are missing and cannot be made: %s Run the statements of target.ddl() as a user that may, and grant select, insert, update and delete on them to %s."
                    .formatted(e.getMessage(), user()));
            return;
          }
        }
      }
      GrantCheck grants = new GrantCheck(connection, dialect, problems);
      for (String table : OwnTables.NAMES) {
        grants.own(table);
      }
    } catch (SQLException e) {
      refused("this library's tables", e);
    }
  }

  /** A mapping against its table; goes to the tables where they fit. */
  void table(EntityMapping mapping, Map<String, MappedTable> tables) throws SQLException {
    try {
      TargetTable table = dialect.describe(connection, mapping.table());
      MappedTable mapped = MappedTable.check(mapping, table, dialect, problems);
      if (mapped != null) {
        tables.put(mapping.entity(), mapped);
        new GrantCheck(connection, dialect, problems).mapped(mapping, mapped);
      }
    } catch (SQLException e) {
      refused("entity '%s' -> table '%s'".formatted(mapping.entity(), mapping.table()), e);
    }
  }

  /** That own events can be told from foreign ones. */
  void ownLog() throws SQLException {
    try {
      if (dialect.ownLog(connection).isEmpty()) {
        problems.add(
            "an entity is shared, but this database is not registered as a log, so own events cannot be told from foreign ones."
                + " Install its change log (PostgreSQL), or run its pipeline once (MySQL, MariaDB).");
      }
    } catch (SQLException e) {
      refused("the registration of this database as a log", e);
    }
  }

  /** That parent and child of a nesting fit together, once their tables were looked at. */
  void nesting(Nesting nesting, Map<String, MappedTable> tables) {
    MappedTable parent = tables.get(nesting.parent());
    MappedTable child = tables.get(nesting.child());
    String what = "'%s' in '%s'".formatted(nesting.child(), nesting.parent());
    if (parent == null || child == null) {
      return; // said already, of the table
    }
    if (parent.mode() != child.mode()) {
      problems.add(
          "%s: one is %s and the other %s; map both alike."
              .formatted(what, parent.mode(), child.mode()));
    }
    if (!Set.copyOf(nesting.key()).equals(Set.copyOf(child.keyFields().asList()))) {
      problems.add(
          "%s: its key is %s, and that of table '%s' is %s. Key and table must agree."
              .formatted(what, nesting.key(), child.table().name(), child.keyFields()));
    }
    if (nesting.parentKey().size() != parent.keyFields().size()) {
      problems.add(
          "%s: its parent's key is %s, and the parent's own is %s."
              .formatted(what, nesting.parentKey(), parent.keyFields()));
    }
    nesting.parentKey().stream()
        .filter(field -> !child.has(field))
        .forEach(field -> problems.add("%s: field '%s' is not mapped.".formatted(what, field)));
  }

  private String user() throws SQLException {
    return connection.getMetaData().getUserName();
  }

  /** Adds a missing right to the problems; anything else goes on as it came. */
  private void refused(String what, SQLException e) throws SQLException {
    if (!dialect.lacksRight(e)) {
      throw e;
    }
    problems.add(
        "%s may not be seen by user %s: %s. Grant the right that is missing (on PostgreSQL also USAGE on the schema)."
            .formatted(what, user(), e.getMessage()));
  }
}
