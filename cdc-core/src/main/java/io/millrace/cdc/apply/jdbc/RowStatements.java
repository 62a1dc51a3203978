package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The statements for rows of mapped tables. Rows are matched by the mapped key only, and exactly:
 * also where the key's collation takes different keys for the same.
 */
final class RowStatements {
  private final Connection connection;
  private final SqlDialect dialect;
  private final KeyChanges keys;

  RowStatements(Connection connection, SqlDialect dialect) {
    this.connection = connection;
    this.dialect = dialect;
    this.keys = new KeyChanges(connection, dialect, this);
  }

  /** Writes rows; keys are distinct. */
  void write(MappedTable mapped, List<RowWrite> writes) throws SQLException {
    Map<RowWrite.Kind, Map<FieldNames, List<RowWrite>>> groups = new LinkedHashMap<>();
    for (RowWrite write : writes) {
      if (write.kind() != RowWrite.Kind.NONE) {
        groups
            .computeIfAbsent(write.kind(), k -> new LinkedHashMap<>())
            .computeIfAbsent(write.values().names(), k -> new ArrayList<>())
            .add(write);
      }
    }
    for (Map.Entry<RowWrite.Kind, Map<FieldNames, List<RowWrite>>> byKind : groups.entrySet()) {
      for (Map.Entry<FieldNames, List<RowWrite>> group : byKind.getValue().entrySet()) {
        switch (byKind.getKey()) {
          case UPSERT -> upsert(mapped, group.getKey(), group.getValue());
          case INSERT -> insert(mapped, group.getKey(), group.getValue(), "");
          case UPDATE -> update(mapped, group.getKey(), group.getValue());
          case MOVE ->
              upsert(mapped, group.getKey(), keys.change(mapped, group.getKey(), group.getValue()));
          case RENAME -> keys.change(mapped, group.getKey(), group.getValue());
          case DELETE -> delete(mapped, group.getValue());
          case NONE -> {}
        }
      }
    }
  }

  private void upsert(MappedTable mapped, FieldNames fields, List<RowWrite> writes)
      throws SQLException {
    if (writes.isEmpty()) {
      return;
    }
    // An upsert is checked as an insert first, so it needs every required column even where the row
    // exists.
    boolean upsert = mapped.table().keyArbitrates() && mapped.insertable(fields);
    String clause =
        upsert ? dialect.upsertClause(mapped.keyColumns(), columns(mapped, fields)) : "";
    if (upsert && mapped.table().exactKey()) {
      insert(mapped, fields, writes, clause);
      return;
    }
    Set<EntityKey> existing = existing(mapped, writes);
    List<RowWrite> updates =
        writes.stream().filter(write -> existing.contains(write.key())).toList();
    List<RowWrite> inserts =
        writes.stream().filter(write -> !existing.contains(write.key())).toList();
    if (upsert) {
      insert(mapped, fields, updates, clause); // each of them meets its own row, which is locked
    } else {
      update(mapped, fields, updates);
    }
    // Where another row has a key that only the database takes for the same, this is refused.
    insert(mapped, fields, inserts, "");
  }

  /** Keys of the writes whose rows are there, compared exactly; the rows are locked. */
  private Set<EntityKey> existing(MappedTable mapped, List<RowWrite> writes) throws SQLException {
    Map<EntityKey, Row> keys = new LinkedHashMap<>();
    writes.forEach(write -> keys.put(write.key(), write.keyValues()));
    return select(mapped, keys, FieldNames.of(), true).keySet();
  }

  private void insert(MappedTable mapped, FieldNames fields, List<RowWrite> writes, String clause)
      throws SQLException {
    List<TargetColumn> columns = new ArrayList<>(mapped.keyColumns());
    columns.addAll(columns(mapped, fields));
    List<String> names = columns.stream().map(TargetColumn::sqlName).toList();
    String start =
        "INSERT INTO "
            + mapped.table().sqlName()
            + " ("
            + String.join(", ", names)
            + ") "
            + dialect.insertModifier();
    int keys = mapped.keyColumns().size();
    for (List<RowWrite> chunk : Sql.chunks(writes, dialect.maxRows(columns.size()))) {
      try (PreparedStatement statement =
          connection.prepareStatement(start + dialect.rows(columns, chunk.size()) + clause)) {
        dialect.bindRows(
            statement,
            columns,
            chunk.size(),
            (row, column) ->
                column < keys
                    ? chunk.get(row).keyValues().value(column)
                    : chunk.get(row).values().value(column - keys));
        statement.executeUpdate();
      }
    }
  }

  private void update(MappedTable mapped, FieldNames fields, List<RowWrite> writes)
      throws SQLException {
    if (writes.isEmpty() || fields.size() == 0) {
      return;
    }
    List<String> sets =
        columns(mapped, fields).stream()
            .map(c -> c.sqlName() + " = " + dialect.placeholder(c))
            .toList();
    List<String> keys =
        mapped.keyColumns().stream()
            .map(c -> c.sqlName() + " = " + dialect.placeholder(c))
            .toList();
    String sql =
        "UPDATE "
            + mapped.table().sqlName()
            + " SET "
            + String.join(", ", sets)
            + " WHERE "
            + String.join(" AND ", keys);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (RowWrite write : writes) {
        int index = bindValues(statement, 1, mapped, fields, write.values());
        bindKey(statement, index, mapped, write.keyValues());
        if (writes.size() > 1) {
          statement.addBatch();
        }
      }
      if (writes.size() > 1) {
        statement.executeBatch();
      } else {
        statement.executeUpdate();
      }
    }
  }

  /** See {@link io.millrace.cdc.apply.TargetTransaction#vacate}. */
  void vacate(MappedTable mapped, List<RowWrite> upserts) throws SQLException {
    Map<String, TargetColumn> freed = UniqueValues.freed(mapped);
    List<RowWrite> writes =
        upserts.stream()
            .filter(write -> freed.keySet().stream().allMatch(write.values()::has))
            .toList();
    if (freed.isEmpty() || writes.isEmpty()) {
      return;
    }
    FieldNames fields = FieldNames.of(List.copyOf(freed.keySet()));
    Set<EntityKey> existing = existing(mapped, writes);
    List<RowWrite> empty = new ArrayList<>();
    for (RowWrite write : writes) {
      if (existing.contains(write.key())) {
        Value[] values = new Value[fields.size()];
        for (int i = 0; i < values.length; i++) {
          values[i] = UniqueValues.placeholder(mapped.column(fields.get(i)));
        }
        Row row = Row.wrap(fields, values, true);
        empty.add(
            new RowWrite(
                write.key(), RowWrite.Kind.UPDATE, write.keyValues(), row, write.entries()));
      }
    }
    update(mapped, fields, empty);
  }

  void delete(MappedTable mapped, List<RowWrite> all) throws SQLException {
    List<RowWrite> writes = all;
    if (!mapped.table().exactKey()) {
      Set<EntityKey> existing = existing(mapped, all);
      writes = all.stream().filter(write -> existing.contains(write.key())).toList();
    }
    String start = "DELETE FROM " + mapped.table().sqlName() + " WHERE ";
    List<TargetColumn> key = mapped.keyColumns();
    for (List<RowWrite> chunk : Sql.chunks(writes, dialect.maxParameters() / key.size())) {
      try (PreparedStatement statement =
          connection.prepareStatement(start + keyIn(mapped, chunk.size()))) {
        bindIn(statement, key, chunk.size(), (row, i) -> chunk.get(row).keyValues().value(i));
        statement.executeUpdate();
      }
    }
  }

  /** Rows that exist, with the given fields. */
  Map<EntityKey, Row> select(
      MappedTable mapped, Map<EntityKey, Row> keys, FieldNames fields, boolean lock)
      throws SQLException {
    Map<EntityKey, Row> found = new LinkedHashMap<>();
    Map<String, EntityKey> byId = new HashMap<>();
    keys.forEach((key, row) -> byId.put(CanonicalId.of(row), key));
    List<TargetColumn> columns = new ArrayList<>(mapped.keyColumns());
    columns.addAll(columns(mapped, fields));
    List<String> reads = columns.stream().map(dialect::readExpression).toList();
    List<String> order = mapped.keyColumns().stream().map(TargetColumn::sqlName).toList();
    String start =
        "SELECT " + String.join(", ", reads) + " FROM " + mapped.table().sqlName() + " WHERE ";
    // In key order, so that two appliers never wait for each other crosswise.
    String end = lock ? " ORDER BY " + String.join(", ", order) + " FOR UPDATE" : "";
    for (List<Row> chunk :
        Sql.chunks(
            List.copyOf(keys.values()), dialect.maxParameters() / mapped.keyColumns().size())) {
      try (PreparedStatement statement =
          connection.prepareStatement(start + keyIn(mapped, chunk.size()) + end)) {
        bindIn(statement, mapped.keyColumns(), chunk.size(), (row, i) -> chunk.get(row).value(i));
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            Row key = read(rows, 1, mapped.keyFields(), mapped.keyColumns());
            EntityKey entity = byId.get(CanonicalId.of(key));
            if (entity != null) {
              found.put(
                  entity,
                  read(rows, 1 + key.size(), fields, columns.subList(key.size(), columns.size())));
            }
          }
        }
      }
    }
    return found;
  }

  /** Rows by some of their columns, with the key and these columns. */
  List<Row> selectBy(MappedTable mapped, List<String> by, List<Row> values) throws SQLException {
    List<String> fields = new ArrayList<>(mapped.keyFields().asList());
    by.stream().filter(field -> !fields.contains(field)).forEach(fields::add);
    FieldNames names = FieldNames.of(fields);
    List<TargetColumn> columns = columns(mapped, names);
    List<TargetColumn> conditions = by.stream().map(mapped::column).toList();
    String start =
        "SELECT "
            + String.join(", ", columns.stream().map(dialect::readExpression).toList())
            + " FROM "
            + mapped.table().sqlName()
            + " WHERE ";
    List<Row> found = new ArrayList<>();
    for (List<Row> chunk : Sql.chunks(values, dialect.maxParameters() / by.size())) {
      try (PreparedStatement statement =
          connection.prepareStatement(start + in(conditions, chunk.size()))) {
        bindIn(statement, conditions, chunk.size(), (row, i) -> chunk.get(row).value(i));
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            found.add(read(rows, 1, names, columns));
          }
        }
      }
    }
    return found;
  }

  private Row read(ResultSet rows, int from, FieldNames fields, List<TargetColumn> columns)
      throws SQLException {
    Value[] values = new Value[fields.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = dialect.read(rows, from + i, columns.get(i));
    }
    return Row.wrap(fields, values, false);
  }

  String keyIn(MappedTable mapped, int rows) {
    return in(mapped.keyColumns(), rows);
  }

  private String in(List<TargetColumn> columns, int rows) {
    List<String> names = columns.stream().map(TargetColumn::sqlName).toList();
    if (names.size() == 1) {
      return names.get(0) + " " + dialect.any(columns.get(0), rows);
    }
    // Not (a, b) IN ((?, ?), …): there MariaDB misses texts of another character set, MySQL times.
    List<String> parts = new ArrayList<>(names.size());
    for (int i = 0; i < names.size(); i++) {
      parts.add(names.get(i) + " = " + dialect.placeholder(columns.get(i)));
    }
    String one = "(" + String.join(" AND ", parts) + ")";
    return "(" + String.join(" OR ", Collections.nCopies(rows, one)) + ")";
  }

  /** Sets the parameters of {@link #in}, which are the statement's first. */
  private void bindIn(
      PreparedStatement statement, List<TargetColumn> columns, int rows, SqlDialect.Cells cells)
      throws SQLException {
    if (columns.size() == 1) {
      dialect.bindAny(statement, columns.get(0), rows, cells);
    } else {
      Sql.bindEach(dialect, statement, columns, rows, cells);
    }
  }

  private static List<TargetColumn> columns(MappedTable mapped, FieldNames fields) {
    return fields.asList().stream().map(mapped::column).toList();
  }

  int bindKey(PreparedStatement statement, int from, MappedTable mapped, Row key)
      throws SQLException {
    for (int i = 0; i < key.size(); i++) {
      dialect.bind(statement, from + i, mapped.keyColumns().get(i), key.value(i));
    }
    return from + key.size();
  }

  int bindValues(
      PreparedStatement statement, int from, MappedTable mapped, FieldNames fields, Row values)
      throws SQLException {
    for (int i = 0; i < values.size(); i++) {
      dialect.bind(statement, from + i, mapped.column(fields.get(i)), values.value(i));
    }
    return from + values.size();
  }
}
