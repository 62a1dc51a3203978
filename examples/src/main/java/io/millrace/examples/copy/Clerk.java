package io.millrace.examples.copy;

import io.millrace.examples.monolith.Change;
import io.millrace.examples.monolith.Load;
import io.millrace.examples.monolith.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One session of the shop: random transactions on all tables, each with what must be read of it, in
 * a table that is not captured. Rows are made, changed, deleted, given other keys, and enter and
 * leave the filter.
 */
final class Clerk implements Runnable {
  private final Databases databases;
  private final Load load;
  private final Random random;
  private final Content content;
  private final Clock clock = Clock.systemUTC();

  // Of the present transaction.
  private final List<Change> events = new ArrayList<>();
  private int changes;
  private boolean hot;

  Clerk(Databases databases, Load load, long seed) {
    this.databases = databases;
    this.load = load;
    this.random = new Random(seed);
    this.content = new Content(random);
  }

  @Override
  public void run() {
    try (Connection connection = databases.connectToSource()) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      while (load.goesOn()) {
        load.pace();
        transaction(connection);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      throw new IllegalStateException("A clerk failed: " + e.getMessage(), e);
    }
  }

  /**
   * Changes every row that was there before the copying began, so that it is copied whatever the
   * target had of it.
   */
  void touchAll() throws SQLException {
    try (Connection connection = databases.connectToSource()) {
      connection.setAutoCommit(false);
      for (CopiedTable table : CopiedTables.ALL) {
        for (int n = Rows.FIRST_SEEDED; n <= Rows.LAST_LASTING; n++) {
          touch(connection, table, Rows.numbered(table, n));
        }
        journal(connection);
        connection.commit();
        load.committed(changes, false);
        begin();
      }
    }
  }

  private void touch(Connection connection, CopiedTable table, List<String> key)
      throws SQLException {
    Map<String, @Nullable String> row =
        Objects.requireNonNull(table.source().lock(connection, key));
    String field = table.touched();
    Map<String, @Nullable String> changed = new HashMap<>();
    do {
      changed.put(field, content.of(field));
    } while (Objects.equals(changed.get(field), row.get(field)));
    table.source().update(connection, key, changed);
    Map<String, @Nullable String> after = new HashMap<>(row);
    after.putAll(changed);
    note(table, row, after);
  }

  private void begin() {
    events.clear();
    changes = 0;
    hot = false;
  }

  private void transaction(Connection connection) throws SQLException {
    begin();
    try {
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        work(connection);
      }
      if (random.nextInt(10) == 0) {
        connection.rollback(); // something else failed
        return;
      }
      journal(connection);
      connection.commit();
    } catch (SQLException e) {
      connection.rollback();
      if (!Table.lostRace(e)) {
        throw e;
      }
      load.retried();
      return;
    }
    load.committed(changes, hot);
  }

  private void work(Connection connection) throws SQLException {
    CopiedTable table = CopiedTables.ALL.get(random.nextInt(CopiedTables.ALL.size()));
    int dice = random.nextInt(100);
    if (dice < 45) {
      hot = true;
      on(connection, table, Rows.hot(table, random), Rows.Care.NONE);
    } else if (dice < 60) {
      on(connection, table, Rows.numbered(table, load.nextId()), Rows.Care.NONE);
    } else if (dice < 80) {
      long number = load.newestId() - random.nextInt(300);
      on(connection, table, Rows.numbered(table, number), Rows.Care.NONE);
    } else if (dice < 92) {
      lasting(connection);
    } else {
      int number = Rows.FIRST_FOREIGN + random.nextInt(10);
      on(connection, CopiedTables.CUSTOMER, List.of(Integer.toString(number)), Rows.Care.FOREIGN);
    }
  }

  /** A customer that keeps its number, or an article that keeps its serial. */
  private void lasting(Connection connection) throws SQLException {
    String number = Integer.toString(Rows.FIRST_LASTING + random.nextInt(Rows.LASTING));
    if (random.nextBoolean()) {
      on(connection, CopiedTables.CUSTOMER, List.of(number), Rows.Care.LASTING);
    } else {
      Optional<String> sku = databases.skuOf(connection, number);
      if (sku.isPresent()) {
        on(connection, CopiedTables.ARTICLE, List.of(sku.get()), Rows.Care.LASTING);
      }
    }
  }

  private void on(Connection connection, CopiedTable table, List<String> key, Rows.Care care)
      throws SQLException {
    Map<String, @Nullable String> row = table.source().lock(connection, key);
    if (row == null) {
      if (care != Rows.Care.LASTING) {
        insert(connection, table, key, care);
      } // else another clerk has just given it another key
    } else if (care != Rows.Care.LASTING && random.nextInt(10) == 0) {
      table.source().delete(connection, key);
      note(table, row, null);
    } else {
      update(connection, table, row, care);
    }
  }

  private void insert(Connection connection, CopiedTable table, List<String> key, Rows.Care care)
      throws SQLException {
    Map<String, @Nullable String> row = content.row(table, Rows.given(table, key, load.nextId()));
    if (care == Rows.Care.FOREIGN) {
      row.put("country", "US");
    }
    table.source().insert(connection, row);
    note(table, null, row);
  }

  private void update(
      Connection connection, CopiedTable table, Map<String, @Nullable String> row, Rows.Care care)
      throws SQLException {
    Map<String, @Nullable String> changed = new HashMap<>();
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      List<Table.Column> columns = table.source().columns();
      String field =
          columns
              .get(
                  table.source().keySize()
                      + random.nextInt(columns.size() - table.source().keySize()))
              .field();
      boolean fixed = field.equals("serial") || (field.equals("country") && care != Rows.Care.NONE);
      if (!fixed) {
        changed.put(field, content.of(field));
      }
    }
    if (random.nextInt(care == Rows.Care.LASTING ? 2 : 8) == 0) {
      changed.putAll(otherKey(table, row, care));
    }
    changed.entrySet().removeIf(field -> Objects.equals(field.getValue(), row.get(field.getKey())));
    if (changed.isEmpty()) {
      return;
    }
    List<String> key = table.key(row);
    table.source().update(connection, key, changed);
    Map<String, @Nullable String> after = new HashMap<>(row);
    after.putAll(changed);
    note(table, row, after);
  }

  /** Values that make another key; some of them are taken, which the database says. */
  private Map<String, String> otherKey(
      CopiedTable table, Map<String, @Nullable String> row, Rows.Care care) {
    if (table.is("article")) {
      String sku = String.valueOf(row.get("sku"));
      if (random.nextInt(3) == 0) {
        return Map.of("sku", flipped(sku)); // the same key to most collations
      }
      boolean lasting = care == Rows.Care.LASTING;
      return Map.of(
          "sku",
          lasting
              ? "L-" + row.get("serial") + "-" + random.nextInt(4)
              : Rows.hot(table, random).get(0));
    }
    if (care != Rows.Care.NONE) {
      return Map.of();
    }
    List<String> key =
        random.nextBoolean() ? Rows.hot(table, random) : Rows.numbered(table, load.nextId());
    return table.is("stock")
        ? random.nextBoolean()
            ? Map.of("warehouse", key.get(0))
            : Map.of("warehouse", key.get(0), "sku", key.get(1))
        : Map.of("id", key.get(0));
  }

  private static String flipped(String sku) {
    char first = sku.charAt(0);
    return (Character.isUpperCase(first)
            ? Character.toLowerCase(first)
            : Character.toUpperCase(first))
        + sku.substring(1);
  }

  private void note(
      CopiedTable table,
      @Nullable Map<String, @Nullable String> before,
      @Nullable Map<String, @Nullable String> after) {
    changes++;
    events.addAll(table.events(before, after));
  }

  /** In the transaction, and so in the order of the rows' locks. */
  private void journal(Connection connection) throws SQLException {
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
    try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO journal (micros, line) VALUES (?, ?)");
        PreparedStatement audit =
            connection.prepareStatement("INSERT INTO audit_trail (what) VALUES (?)")) {
      for (Change event : events) {
        insert.setLong(1, micros);
        insert.setString(2, event.line());
        insert.executeUpdate();
      }
      audit.setString(1, changes + " changes");
      audit.executeUpdate();
    }
  }
}
