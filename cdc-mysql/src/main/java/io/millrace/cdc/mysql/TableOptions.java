package io.millrace.cdc.mysql;

import io.millrace.cdc.internal.Check;
import io.millrace.cdc.source.Secret;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How one table is captured; see {@link MySqlSource.Builder#capture}. Not thread-safe. */
public final class TableOptions {
  private final String name;
  private BinaryOperator<String> entity = (database, table) -> table;
  private boolean oneEntity;
  private final Set<String> ignoredWhenAlone = new LinkedHashSet<>();
  private final List<String> key = new ArrayList<>();
  private final List<Pattern> included = new ArrayList<>();
  private final List<Pattern> excluded = new ArrayList<>();
  private final Map<String, Column.Use> single = new LinkedHashMap<>();
  private @Nullable Secret hashSecret;
  private final Map<String, String> fields = new LinkedHashMap<>();

  TableOptions(String qualified) {
    CapturedTable.split(qualified);
    name = qualified;
  }

  /** The logical name that stands in the events; default the table's name. */
  public TableOptions entity(String entityName) {
    Check.notBlank(entityName, "entity");
    oneEntity = true;
    entity = (database, table) -> entityName;
    return this;
  }

  /**
   * The logical name of each table that a pattern captures, made of its database's and its own
   * name; default the table's name. Two tables must not get the same.
   */
  public TableOptions entity(BinaryOperator<String> rule) {
    oneEntity = false;
    entity = Check.notNull(rule, "rule");
    return this;
  }

  /** Columns whose change is no event when nothing else changed; they still stand in the rows. */
  public TableOptions ignoreWhenAlone(String... columns) {
    for (String column : columns) {
      ignoredWhenAlone.add(Check.notBlank(column, "column"));
    }
    return this;
  }

  /**
   * The columns that name a row, for a table without a primary key; default the primary key. They
   * must be unique and not null.
   */
  public TableOptions key(String... columns) {
    for (String column : columns) {
      key.add(Check.notBlank(column, "column"));
    }
    Check.argument(
        new LinkedHashSet<>(key).size() == key.size(), "a key column is named twice in %s", key);
    return this;
  }

  /**
   * The only columns that stand in the events; those of the key must be among them. {@code *} in a
   * name stands for anything. Default all. What is left out is not even decoded.
   */
  public TableOptions only(String... columns) {
    for (String column : columns) {
      included.add(ColumnChoice.pattern(Check.notBlank(column, "column")));
    }
    return this;
  }

  /**
   * Columns that are left out of the events, and not even decoded; the key's cannot be. {@code *}
   * in a name stands for anything.
   */
  public TableOptions exclude(String... columns) {
    for (String column : columns) {
      excluded.add(ColumnChoice.pattern(Check.notBlank(column, "column")));
    }
    return this;
  }

  /**
   * Columns whose values never leave the database: {@code ***} stands in their place, null stays
   * null. A change of them is a change. Not for the key's.
   */
  public TableOptions mask(String... columns) {
    for (String column : columns) {
      single.put(Check.notBlank(column, "column"), Column.Use.MASK);
    }
    return this;
  }

  /**
   * Columns in whose place a hash stands: HMAC-SHA-256 of the value's text, 64 hexadecimal digits;
   * null stays null. Equal values have equal hashes, in other tables too. Not for the key's.
   *
   * @param secret without which nobody can find a value by trying; the same for all hashed columns
   *     of a table
   */
  public TableOptions hash(Secret secret, String... columns) {
    Check.argument(
        hashSecret == null || hashSecret.equals(secret), "hash(…) is given two different secrets");
    hashSecret = Check.notNull(secret, "secret");
    for (String column : columns) {
      single.put(Check.notBlank(column, "column"), Column.Use.HASH);
    }
    return this;
  }

  /**
   * The entity's name for a column: what stands in the events instead of the column's own name.
   * Default the column's name.
   */
  public TableOptions rename(String column, String field) {
    Check.notBlank(field, "field");
    Check.argument(!fields.containsValue(field), "two columns are renamed to field '%s'", field);
    String earlier = fields.put(Check.notBlank(column, "column"), field);
    Check.argument(earlier == null, "column '%s' is renamed twice", column);
    return this;
  }

  /** What does not fit together; empty where all does. */
  Optional<String> problem() {
    return oneEntity && TablePattern.isPattern(name)
        ? Optional.of(
            "pattern "
                + name
                + " captures many tables under one entity: give a rule, entity((database, table) -> …)")
        : Optional.empty();
  }

  CapturedTable toTable() {
    String[] parts = CapturedTable.split(name);
    return toTable(parts[0], parts[1]);
  }

  CapturedTable toTable(String database, String table) {
    return new CapturedTable(
        database,
        table,
        Check.notBlank(entity.apply(database, table), "entity of " + database + "." + table),
        ignoredWhenAlone,
        Collections.unmodifiableList(key),
        new ColumnChoice(included, excluded, single, hashSecret),
        fields);
  }
}
