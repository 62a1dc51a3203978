package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.RejectedException;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Gives rows other keys, so that columns which are not mapped and rows that refer to them survive.
 *
 * <p>Usually by an update. Where a foreign key that does not follow stands in the way, or the
 * database refuses it, the row is copied to its new key, what refers to it is made to refer to the
 * copy, and the old one is deleted.
 */
final class KeyChanges {
  private final Connection connection;
  private final SqlDialect dialect;
  private final RowStatements rows;
  private final Map<String, KeyUse> uses = new HashMap<>();

  KeyChanges(Connection connection, SqlDialect dialect, RowStatements rows) {
    this.connection = connection;
    this.dialect = dialect;
    this.rows = rows;
  }

  /**
   * Changes keys, and what else the writes give; no two of them have a key in common.
   *
   * @return the writes whose rows are not there
   */
  List<RowWrite> change(MappedTable mapped, FieldNames fields, List<RowWrite> writes)
      throws SQLException {
    Map<EntityKey, Row> keys = new LinkedHashMap<>();
    for (RowWrite write : writes) {
      keys.put(write.key(), write.keyValues());
      keys.put(left(write), from(write));
    }
    Set<EntityKey> there = rows.select(mapped, keys, FieldNames.of(), true).keySet();
    List<RowWrite> taken =
        writes.stream()
            .filter(write -> there.contains(write.key()) && there.contains(left(write)))
            .toList();
    if (!taken.isEmpty()) {
      rows.delete(mapped, taken);
      there.retainAll(
          rows.select(mapped, keys, FieldNames.of(), true)
              .keySet()); // a cascade may have taken more
    }
    List<RowWrite> moving = writes.stream().filter(write -> there.contains(left(write))).toList();
    if (!moving.isEmpty()) {
      KeyUse use = use(mapped);
      if (use.fixed() || isReferredTo(mapped, use, moving)) {
        for (RowWrite write : moving) {
          copy(mapped, fields, write, use);
        }
      } else {
        update(mapped, fields, moving);
      }
    }
    return writes.stream().filter(write -> !there.contains(left(write))).toList();
  }

  private static Row from(RowWrite write) {
    return Objects.requireNonNull(write.from(), "a key change without the old key");
  }

  private static EntityKey left(RowWrite write) {
    return EntityKey.of(write.key().entity(), CanonicalId.of(from(write)));
  }

  private KeyUse use(MappedTable mapped) throws SQLException {
    KeyUse use = uses.get(mapped.table().name());
    if (use == null) {
      use = dialect.keyUse(connection, mapped.table());
      uses.put(mapped.table().name(), use);
    }
    return use;
  }

  private void update(MappedTable mapped, FieldNames fields, List<RowWrite> writes)
      throws SQLException {
    String sql =
        "UPDATE "
            + mapped.table().sqlName()
            + " SET "
            + String.join(
                ", ",
                Stream.concat(mapped.keyColumns().stream(), columns(mapped, fields))
                    .map(this::equal)
                    .toList())
            + " WHERE "
            + String.join(" AND ", mapped.keyColumns().stream().map(this::equal).toList());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (RowWrite write : writes) {
        int index = rows.bindKey(statement, 1, mapped, write.keyValues());
        index = rows.bindValues(statement, index, mapped, fields, write.values());
        rows.bindKey(statement, index, mapped, from(write));
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

  private String equal(TargetColumn column) {
    return column.sqlName() + " = " + dialect.placeholder(column);
  }

  private static Stream<TargetColumn> columns(MappedTable mapped, FieldNames fields) {
    return fields.asList().stream().map(mapped::column);
  }

  /** The parts of a foreign key whose values change. */
  private static List<Integer> parts(
      MappedTable mapped, KeyUse.Reference reference, RowWrite write) {
    List<Integer> parts = new ArrayList<>();
    for (int i = 0; i < reference.columns().size(); i++) {
      int place = place(mapped, reference, i);
      if (place >= 0 && !write.keyValues().value(place).equals(from(write).value(place))) {
        parts.add(i);
      }
    }
    return parts;
  }

  private static int place(MappedTable mapped, KeyUse.Reference reference, int part) {
    return mapped.keyColumns().stream()
        .map(TargetColumn::name)
        .toList()
        .indexOf(reference.keyColumns().get(part));
  }

  /** Whether rows refer to one of these by a foreign key that does not follow. */
  private boolean isReferredTo(MappedTable mapped, KeyUse use, List<RowWrite> writes)
      throws SQLException {
    for (KeyUse.Reference reference : use.references()) {
      if (reference.follows()) {
        continue;
      }
      for (RowWrite write : writes) {
        List<Integer> parts = parts(mapped, reference, write);
        if (!parts.isEmpty() && refers(mapped, reference, parts, write)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean refers(
      MappedTable mapped, KeyUse.Reference reference, List<Integer> parts, RowWrite write)
      throws SQLException {
    String sql =
        "SELECT 1 FROM "
            + reference.sqlName()
            + " WHERE "
            + String.join(" AND ", conditions(mapped, reference, parts))
            + " LIMIT 1";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, 1, mapped, reference, parts, from(write));
      try (ResultSet found = statement.executeQuery()) {
        return found.next();
      }
    } catch (SQLException e) {
      throw refused(reference, e);
    }
  }

  /** A missing right is nothing that time mends; the row waits, and others go on. */
  private SQLException refused(KeyUse.Reference reference, SQLException e) {
    if (dialect.lacksRight(e)) {
      throw new RejectedException(
          "Rows of %s refer to the key that changes, and this user may not change them with it: %s Grant SELECT and UPDATE on it, or declare the foreign key ON UPDATE CASCADE."
              .formatted(reference.sqlName(), e.getMessage()),
          e);
    }
    return e;
  }

  private List<String> conditions(
      MappedTable mapped, KeyUse.Reference reference, List<Integer> parts) {
    return parts.stream()
        .map(
            part ->
                reference.columns().get(part)
                    + " = "
                    + dialect.placeholder(mapped.keyColumns().get(place(mapped, reference, part))))
        .toList();
  }

  private int bind(
      PreparedStatement statement,
      int from,
      MappedTable mapped,
      KeyUse.Reference reference,
      List<Integer> parts,
      Row key)
      throws SQLException {
    int index = from;
    for (Integer part : parts) {
      int place = place(mapped, reference, part);
      Value value = key.value(place);
      dialect.bind(statement, index++, mapped.keyColumns().get(place), value);
    }
    return index;
  }

  private void copy(MappedTable mapped, FieldNames fields, RowWrite write, KeyUse use)
      throws SQLException {
    RowWrite old =
        new RowWrite(
            left(write), RowWrite.Kind.DELETE, from(write), write.values(), write.entries());
    rows.vacate(mapped, List.of(old)); // the copy must not clash with what it is copied from
    insert(mapped, fields, write);
    for (KeyUse.Reference reference : use.references()) {
      List<Integer> parts = parts(mapped, reference, write);
      if (!parts.isEmpty()) {
        refer(mapped, reference, parts, write);
      }
    }
    rows.delete(mapped, List.of(old));
  }

  private void insert(MappedTable mapped, FieldNames fields, RowWrite write) throws SQLException {
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    Set<TargetColumn> given = new LinkedHashSet<>(mapped.keyColumns());
    columns(mapped, fields).forEach(given::add);
    for (TargetColumn column : given) {
      names.add(column.sqlName());
      values.add(dialect.placeholder(column));
    }
    for (TargetColumn column : mapped.table().columns()) {
      if (!column.generated() && !given.contains(column)) {
        names.add(column.sqlName());
        values.add(column.sqlName());
      }
    }
    String sql =
        "INSERT INTO "
            + mapped.table().sqlName()
            + " ("
            + String.join(", ", names)
            + ") "
            + dialect.insertModifier()
            + "SELECT "
            + String.join(", ", values)
            + " FROM "
            + mapped.table().sqlName()
            + " WHERE "
            + String.join(" AND ", mapped.keyColumns().stream().map(this::equal).toList());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      int index = rows.bindKey(statement, 1, mapped, write.keyValues());
      index = rows.bindValues(statement, index, mapped, fields, write.values());
      rows.bindKey(statement, index, mapped, from(write));
      statement.executeUpdate();
    }
  }

  private void refer(
      MappedTable mapped, KeyUse.Reference reference, List<Integer> parts, RowWrite write)
      throws SQLException {
    List<String> conditions = conditions(mapped, reference, parts);
    String sql =
        "UPDATE "
            + reference.sqlName()
            + " SET "
            + String.join(", ", conditions)
            + " WHERE "
            + String.join(" AND ", conditions);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      int index = bind(statement, 1, mapped, reference, parts, write.keyValues());
      bind(statement, index, mapped, reference, parts, from(write));
      statement.executeUpdate();
    } catch (SQLException e) {
      throw refused(reference, e);
    }
  }
}
