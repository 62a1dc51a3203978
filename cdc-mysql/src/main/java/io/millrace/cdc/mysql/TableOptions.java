package io.millrace.cdc.mysql;

import io.millrace.cdc.internal.Check;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** How one table is captured; see {@link MySqlSource.Builder#capture}. Not thread-safe. */
public final class TableOptions {
  private final String database;
  private final String table;
  private String entity;
  private final Set<String> ignoredWhenAlone = new LinkedHashSet<>();
  private final List<String> key = new ArrayList<>();

  TableOptions(String qualified) {
    String[] parts = CapturedTable.split(qualified);
    database = parts[0];
    table = parts[1];
    entity = table;
  }

  /** The logical name that stands in the events; default the table's name. */
  public TableOptions entity(String name) {
    entity = Check.notBlank(name, "entity");
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

  CapturedTable toTable() {
    return new CapturedTable(
        database, table, entity, ignoredWhenAlone, Collections.unmodifiableList(key));
  }
}
