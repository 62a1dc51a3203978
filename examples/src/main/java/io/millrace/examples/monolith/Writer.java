package io.millrace.examples.monolith;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One session of an application on one side: random transactions with plain JDBC, each committed
 * change journalled. A third of the transactions hit hot rows that both sides edit, delete and
 * create again. A write that changes nothing is not journalled.
 *
 * <p>Rows that other rows refer to are never deleted while the other side may refer to them: two
 * sites that do so end with a parked foreign-key conflict, which is promised to be visible, not to
 * go away.
 */
final class Writer implements Runnable {
  /** Customers 1 to 25 and lines 1 to 25 of order 1 are hot. */
  static final int HOT = 25;

  /** Customers that orders of both sides refer to. */
  static final int FIRST_REGULAR = 101;

  static final int LAST_REGULAR = 110;

  /** Customers that large transactions of both sides make, edit and delete begin here. */
  static final int FIRST_IMPORTED = 1_000_000;

  private static final int LARGE_ONCE_IN = 50;

  private static final List<String> STATUSES = List.of("new", "paid", "shipped", "cancelled");

  private final String service;
  private final List<Table> tables;
  private final Connector database;
  private final Journal journal;
  private final Load load;
  private final Random random;
  private final Values values;
  private final List<Change> pending = new ArrayList<>();

  Writer(
      String service,
      List<Table> tables,
      Connector database,
      Journal journal,
      Load load,
      long seed) {
    this.service = service;
    this.tables = tables;
    this.database = database;
    this.journal = journal;
    this.load = load;
    this.random = new Random(seed);
    this.values = new Values(random);
  }

  /** Opens a session of the application. */
  interface Connector {
    Connection open() throws SQLException;
  }

  /** What all writers share: when to stop, how fast to go, which ids there are. */
  static final class Load {
    private final AtomicLong hot = new AtomicLong();
    private final AtomicLong all = new AtomicLong();
    private final AtomicLong retries = new AtomicLong();
    private final AtomicLong nextId = new AtomicLong(1_000);
    private final long limit;
    private final long endNanos;
    private final double perSecond;
    private final int large;
    private final long startNanos = System.nanoTime();
    private volatile boolean stopped;

    Load(Options options) {
      this.limit = options.changes();
      this.endNanos = startNanos + options.seconds() * 1_000_000_000L;
      this.perSecond = options.rate();
      this.large = options.large();
    }

    /** Ends the writing before its time. */
    void stop() {
      stopped = true;
    }

    long changes() {
      return all.get();
    }

    long hotChanges() {
      return hot.get();
    }

    long retries() {
      return retries.get();
    }

    private boolean goesOn() {
      return !stopped && all.get() < limit && System.nanoTime() < endNanos;
    }

    private void pace() throws InterruptedException {
      double ahead = all.get() / perSecond - (System.nanoTime() - startNanos) / 1e9;
      if (ahead > 0) {
        Thread.sleep(Math.min(200, (long) (ahead * 1000) + 1));
      }
    }
  }

  @Override
  public void run() {
    try (Connection connection = database.open()) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      while (load.goesOn()) {
        load.pace();
        transaction(connection);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("Writer of " + service + " failed: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void transaction(Connection connection) throws SQLException {
    pending.clear();
    boolean isLarge = load.large > 0 && random.nextInt(LARGE_ONCE_IN) == 0;
    boolean isHot = !isLarge && random.nextInt(100) < 45;
    try {
      if (isLarge) {
        importCustomers(connection);
      } else if (isHot) {
        hotRow(connection);
      } else {
        ordinary(connection);
      }
      connection.commit();
    } catch (SQLException e) {
      connection.rollback();
      if (!expected(e)) {
        throw e;
      }
      load.retries.incrementAndGet();
      return;
    }
    journal.committed(pending);
    load.all.addAndGet(pending.size());
    if (isHot) {
      load.hot.addAndGet(pending.size());
    }
  }

  /** Deadlocks, lock time-outs, and keys or parents that the other side just made or removed. */
  private static boolean expected(SQLException e) {
    String state = Objects.requireNonNullElse(e.getSQLState(), "");
    return state.startsWith("40")
        || state.startsWith("23")
        || e.getErrorCode() == 1205
        || e.getErrorCode() == 1020;
  }

  private void hotRow(Connection connection) throws SQLException {
    boolean isCustomer = random.nextBoolean();
    Table table = table(isCustomer ? "customer" : "order_line");
    String number = Integer.toString(1 + random.nextInt(HOT));
    List<String> key = isCustomer ? List.of(number) : List.of("1", number);
    Map<String, @Nullable String> row = table.lock(connection, key);
    if (row == null) {
      insert(connection, table, isCustomer ? values.customer(number) : values.line("1", number));
    } else if (random.nextInt(100) < 12) {
      delete(connection, table, key);
    } else if (random.nextBoolean()) {
      update(
          connection,
          table,
          key,
          row,
          random.nextBoolean() ? "note" : isCustomer ? "credit" : "price");
    } else if (table.postgres()) {
      update(connection, table, key, row, isCustomer ? "email" : "quantity");
    } else {
      update(connection, table, key, row, isCustomer ? "name" : "sku");
    }
  }

  private void ordinary(Connection connection) throws SQLException {
    switch (random.nextInt(6)) {
      case 0 ->
          insert(
              connection,
              table("customer"),
              values.customer(Long.toString(load.nextId.incrementAndGet())));
      case 1 -> placeOrder(connection);
      case 2 ->
          edit(
              connection,
              "customer",
              List.of(someId()),
              "name",
              "email",
              "credit",
              "vip",
              "note",
              "registered_at");
      case 3 ->
          edit(connection, "order", List.of(someId()), "status", "total", "note", "placed_at");
      case 4 ->
          edit(
              connection, "order_line", List.of(someId(), "1"), "sku", "quantity", "price", "note");
      default -> cancel(connection);
    }
  }

  /** One transaction over all imported customers, in the order of their keys. */
  private void importCustomers(Connection connection) throws SQLException {
    Table table = table("customer");
    for (int i = 0; i < load.large; i++) {
      String id = Integer.toString(FIRST_IMPORTED + i);
      List<String> key = List.of(id);
      Map<String, @Nullable String> row = table.lock(connection, key);
      if (row == null) {
        insert(connection, table, values.customer(id));
      } else if (random.nextInt(20) == 0) {
        delete(connection, table, key);
      } else {
        update(connection, table, key, row, random.nextBoolean() ? "credit" : "note");
      }
    }
  }

  private void placeOrder(Connection connection) throws SQLException {
    String id = orderId();
    int customer = FIRST_REGULAR + random.nextInt(LAST_REGULAR - FIRST_REGULAR + 1);
    insert(connection, table("order"), values.order(id, Integer.toString(customer)));
    int lines = 1 + random.nextInt(3);
    for (int line = 1; line <= lines; line++) {
      insert(connection, table("order_line"), values.line(id, Integer.toString(line)));
    }
  }

  private void edit(Connection connection, String entity, List<String> key, String... fields)
      throws SQLException {
    Table table = table(entity);
    Map<String, @Nullable String> row = table.lock(connection, key);
    if (row != null && !isPrivate(entity, key)) {
      String first = fields[random.nextInt(fields.length)];
      String second = fields[random.nextInt(fields.length)];
      update(connection, table, key, row, first, second);
    }
  }

  /**
   * Deletes a customer without orders, or an order of this side with its lines, which the other
   * side does not touch.
   */
  private void cancel(Connection connection) throws SQLException {
    List<String> key = List.of(someId());
    if (random.nextInt(3) == 0) {
      if (table("customer").lock(connection, key) != null) {
        delete(connection, table("customer"), key);
      }
      return;
    }
    if (!isPrivate("order", key)
        || isMonoliths(key.get(0)) == postgres()
        || table("order").lock(connection, key) == null) {
      return;
    }
    for (int line = 1; line <= 3; line++) {
      List<String> lineKey = List.of(key.get(0), Integer.toString(line));
      if (table("order_line").lock(connection, lineKey) != null) {
        delete(connection, table("order_line"), lineKey);
      }
    }
    delete(connection, table("order"), key);
  }

  private void insert(Connection connection, Table table, Map<String, @Nullable String> row)
      throws SQLException {
    table.insert(connection, row);
    pending.add(new Change(service, table.entity(), table.id(row), "CREATED", row));
  }

  private void delete(Connection connection, Table table, List<String> key) throws SQLException {
    table.delete(connection, key);
    pending.add(new Change(service, table.entity(), String.join(",", key), "DELETED", Map.of()));
  }

  private void update(
      Connection connection,
      Table table,
      List<String> key,
      Map<String, @Nullable String> row,
      String... fields)
      throws SQLException {
    Map<String, @Nullable String> changes = new HashMap<>();
    for (String field : fields) {
      String value = values.of(field);
      if (!Objects.equals(value, row.get(field))) {
        changes.put(field, value);
      }
    }
    if (!changes.isEmpty()) {
      table.update(connection, key, changes);
      pending.add(new Change(service, table.entity(), String.join(",", key), "UPDATED", changes));
    }
  }

  private String someId() {
    long newest = load.nextId.get();
    return Long.toString(newest - random.nextInt((int) Math.min(300, Math.max(1, newest - 1_000))));
  }

  /** The next order's number; a private one must be of this side. */
  private String orderId() {
    while (true) {
      String id = Long.toString(load.nextId.incrementAndGet());
      if (!isPrivate("order", List.of(id)) || isMonoliths(id) != postgres()) {
        return id;
      }
    }
  }

  /** Every third order may be deleted, so only the side that placed it works on it. */
  private static boolean isPrivate(String entity, List<String> key) {
    return !entity.equals("customer")
        && Long.parseLong(key.get(0)) > 1_000
        && Long.parseLong(key.get(0)) % 3 == 0;
  }

  /** Private orders are told apart by their number, so that no side need ask whose an order is. */
  private static boolean isMonoliths(String id) {
    return Long.parseLong(id) % 2 == 0;
  }

  private boolean postgres() {
    return tables.get(0).postgres();
  }

  private Table table(String entity) {
    return tables.stream().filter(table -> table.entity().equals(entity)).findFirst().orElseThrow();
  }

  /** Random content: unicode, quotes, empty and absent text, exact decimals, microseconds. */
  static final class Values {
    private static final List<String> WORDS =
        List.of(
            "Žofie",
            "李小龍",
            "O'Neil",
            "\"quoted\"",
            "🚚 truck",
            "naïve",
            "back\\slash",
            "tab\tstop",
            "line\nbreak",
            "Grüße",
            "a,b;c",
            "% _",
            "٣٤٥",
            " ");

    private final Random random;

    Values(Random random) {
      this.random = random;
    }

    Map<String, @Nullable String> customer(String id) {
      Map<String, @Nullable String> row = new LinkedHashMap<>();
      row.put("id", id);
      for (String field : List.of("name", "email", "credit", "vip", "note", "registered_at")) {
        row.put(field, of(field));
      }
      return row;
    }

    Map<String, @Nullable String> order(String id, String customer) {
      Map<String, @Nullable String> row = new LinkedHashMap<>();
      row.put("id", id);
      row.put("customer_id", customer);
      for (String field : List.of("status", "total", "placed_at", "note")) {
        row.put(field, of(field));
      }
      return row;
    }

    Map<String, @Nullable String> line(String order, String line) {
      Map<String, @Nullable String> row = new LinkedHashMap<>();
      row.put("order_id", order);
      row.put("line", line);
      for (String field : List.of("sku", "quantity", "price", "note")) {
        row.put(field, of(field));
      }
      return row;
    }

    @Nullable String of(String field) {
      return switch (field) {
        case "name", "sku" -> text();
        case "email" ->
            random.nextInt(5) == 0 ? null : "user" + random.nextInt(100_000) + "@example.org";
        case "note" -> random.nextInt(4) == 0 ? null : random.nextInt(4) == 0 ? "" : text();
        case "credit", "total" -> decimal(2);
        case "price" -> decimal(4);
        case "vip" -> random.nextBoolean() ? "1" : "0";
        case "status" -> STATUSES.get(random.nextInt(STATUSES.size()));
        case "quantity" -> Integer.toString(random.nextInt(100_000));
        case "registered_at", "placed_at" -> instant();
        default -> throw new IllegalArgumentException(field);
      };
    }

    private String text() {
      return WORDS.get(random.nextInt(WORDS.size())) + " " + random.nextInt(10_000);
    }

    private String decimal(int scale) {
      return ColumnType.decimal(
          java.math.BigDecimal.valueOf(random.nextInt(20_000_000) - 1_000_000L, scale));
    }

    /** 2001 to 2036, within MySQL's TIMESTAMP. */
    private String instant() {
      long second = 1_000_000_000L + random.nextInt(1_100_000_000);
      return ColumnType.instant(
          java.time.Instant.ofEpochSecond(second, random.nextInt(1_000_000) * 1000L));
    }
  }
}
