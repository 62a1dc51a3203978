package io.millrace.examples.monolith;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One table of one side as the writers and the judge see it: plain JDBC, rows as maps from the
 * entity's field names to text.
 *
 * @param entity the shared name
 * @param table the side's own name, quoted
 * @param columns the shared columns, key first
 * @param keySize how many of them are the key
 * @param postgres which dialect
 */
public record Table(
    String entity, String table, List<Column> columns, int keySize, boolean postgres) {
  /**
   * A shared column.
   *
   * @param field the entity's name for it
   * @param name the side's own name, quoted
   */
  public record Column(String field, String name, ColumnType type) {}

  /** The row, locked, or null where there is none. */
  public @Nullable Map<String, @Nullable String> lock(Connection connection, List<String> key)
      throws SQLException {
    List<Map<String, @Nullable String>> rows =
        select(connection, " WHERE " + keyCondition() + " FOR UPDATE", key);
    return rows.isEmpty() ? null : rows.get(0);
  }

  /** Every row by the text of its key. */
  public Map<String, Map<String, @Nullable String>> readAll(Connection connection)
      throws SQLException {
    Map<String, Map<String, @Nullable String>> all = new LinkedHashMap<>();
    for (Map<String, @Nullable String> row : select(connection, "", List.of())) {
      all.put(id(row), row);
    }
    return all;
  }

  /** Inserts a row; what it says nothing of is null. */
  public void insert(Connection connection, Map<String, @Nullable String> row) throws SQLException {
    String names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
    String marks = columns.stream().map(column -> "?").collect(Collectors.joining(", "));
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO " + table + " (" + names + ") VALUES (" + marks + ")")) {
      for (int i = 0; i < columns.size(); i++) {
        bind(insert, i + 1, columns.get(i).type(), row.get(columns.get(i).field()));
      }
      insert.executeUpdate();
    }
  }

  /** Sets some fields of a row, of its key too. */
  public void update(Connection connection, List<String> key, Map<String, @Nullable String> changes)
      throws SQLException {
    List<Column> changed =
        columns.stream().filter(column -> changes.containsKey(column.field())).toList();
    String sets =
        changed.stream().map(column -> column.name() + " = ?").collect(Collectors.joining(", "));
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE " + table + " SET " + sets + " WHERE " + keyCondition())) {
      int index = 1;
      for (Column column : changed) {
        bind(update, index++, column.type(), changes.get(column.field()));
      }
      bindKey(update, index, key);
      update.executeUpdate();
    }
  }

  /** Deletes a row, if it is there. */
  public void delete(Connection connection, List<String> key) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM " + table + " WHERE " + keyCondition())) {
      bindKey(delete, 1, key);
      delete.executeUpdate();
    }
  }

  /** The key's values, joined by a comma: keys here hold nothing that needs an escape. */
  public String id(Map<String, @Nullable String> row) {
    return columns.stream()
        .limit(keySize)
        .map(column -> row.get(column.field()))
        .collect(Collectors.joining(","));
  }

  /**
   * Whether somebody else was faster: a deadlock, a lock's time-out, a key that is there by now.
   */
  public static boolean lostRace(SQLException e) {
    String state = Objects.requireNonNullElse(e.getSQLState(), "");
    return state.startsWith("40")
        || state.startsWith("23")
        || e.getErrorCode() == 1205
        || e.getErrorCode() == 1020;
  }

  /** As text made by the server: MariaDB's driver moves what falls into a gap of the JVM's zone. */
  private String read(Column column) {
    return !postgres && (column.type() == ColumnType.INSTANT || column.type() == ColumnType.DATE)
        ? "CAST(" + column.name() + " AS CHAR)"
        : column.name();
  }

  private List<Map<String, @Nullable String>> select(
      Connection connection, String condition, List<String> key) throws SQLException {
    String names = columns.stream().map(this::read).collect(Collectors.joining(", "));
    List<Map<String, @Nullable String>> result = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement("SELECT " + names + " FROM " + table + condition)) {
      bindKey(select, 1, key);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          Map<String, @Nullable String> row = new LinkedHashMap<>();
          for (int i = 0; i < columns.size(); i++) {
            row.put(columns.get(i).field(), columns.get(i).type().read(rows, i + 1));
          }
          result.add(row);
        }
      }
    }
    return result;
  }

  private String keyCondition() {
    return columns.stream()
        .limit(keySize)
        .map(column -> column.name() + " = ?")
        .collect(Collectors.joining(" AND "));
  }

  private void bindKey(PreparedStatement statement, int first, List<String> key)
      throws SQLException {
    for (int i = 0; i < key.size(); i++) {
      bind(statement, first + i, columns.get(i).type(), key.get(i));
    }
  }

  private void bind(PreparedStatement statement, int index, ColumnType type, @Nullable String text)
      throws SQLException {
    if (text == null) {
      statement.setObject(index, null);
    } else {
      type.write(statement, index, text, postgres);
    }
  }
}
