package io.millrace.examples.monolith;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One session of an application on one side: random transactions, each committed change journalled.
 * A third of the transactions hit hot rows that both sides edit, delete and create again. A write
 * that changes nothing is not journalled.
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

  private final Site site;
  private final Journal journal;
  private final Load load;
  private final Random random;
  private final Values values;

  Writer(Site site, Journal journal, Load load, ChronoUnit instants, long seed) {
    this.site = site;
    this.journal = journal;
    this.load = load;
    this.random = new Random(seed);
    this.values = new Values(random, instants);
  }

  @Override
  public void run() {
    try (Session session = site.open()) {
      while (load.goesOn()) {
        load.pace();
        transaction(session);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new IllegalStateException(
          "A writer of the " + site.side() + " failed: " + e.getMessage(), e);
    }
  }

  private void transaction(Session session) {
    boolean isLarge = load.large() > 0 && random.nextInt(LARGE_ONCE_IN) == 0;
    boolean isHot = !isLarge && random.nextInt(100) < 45;
    List<Change> committed;
    try {
      if (isLarge) {
        importCustomers(session);
      } else if (isHot) {
        hotRow(session);
      } else {
        ordinary(session);
      }
      committed = session.commit();
    } catch (Session.TryAgain e) {
      session.rollback();
      load.retried();
      return;
    }
    journal.committed(committed);
    load.committed(committed.size(), isHot);
  }

  private void hotRow(Session session) throws Session.TryAgain {
    boolean isCustomer = random.nextBoolean();
    String entity = isCustomer ? "customer" : "order_line";
    String number = Integer.toString(1 + random.nextInt(HOT));
    List<String> key = isCustomer ? List.of(number) : List.of("1", number);
    Map<String, @Nullable String> row = session.lock(entity, key);
    if (row == null) {
      session.insert(entity, isCustomer ? values.customer(number) : values.line("1", number));
    } else if (random.nextInt(100) < 12) {
      session.delete(entity, key);
    } else if (random.nextBoolean()) {
      String field = random.nextBoolean() ? "note" : isCustomer ? "credit" : "price";
      update(session, entity, key, row, field);
    } else if (isMonolith()) {
      update(session, entity, key, row, isCustomer ? "name" : "sku");
    } else {
      update(session, entity, key, row, isCustomer ? "email" : "quantity");
    }
  }

  private void ordinary(Session session) throws Session.TryAgain {
    switch (random.nextInt(6)) {
      case 0 -> session.insert("customer", values.customer(Long.toString(load.nextId())));
      case 1 -> placeOrder(session);
      case 2 ->
          edit(
              session,
              "customer",
              List.of(someId()),
              "name",
              "email",
              "credit",
              "vip",
              "note",
              "registered_at");
      case 3 -> edit(session, "order", List.of(someId()), "status", "total", "note", "placed_at");
      case 4 ->
          edit(session, "order_line", List.of(someId(), "1"), "sku", "quantity", "price", "note");
      default -> cancel(session);
    }
  }

  /** One transaction over all imported customers, in the order of their keys. */
  private void importCustomers(Session session) throws Session.TryAgain {
    for (int i = 0; i < load.large(); i++) {
      String id = Integer.toString(FIRST_IMPORTED + i);
      List<String> key = List.of(id);
      Map<String, @Nullable String> row = session.lock("customer", key);
      if (row == null) {
        session.insert("customer", values.customer(id));
      } else if (random.nextInt(20) == 0) {
        session.delete("customer", key);
      } else {
        update(session, "customer", key, row, random.nextBoolean() ? "credit" : "note");
      }
    }
  }

  private void placeOrder(Session session) throws Session.TryAgain {
    String id = orderId();
    int customer = FIRST_REGULAR + random.nextInt(LAST_REGULAR - FIRST_REGULAR + 1);
    session.insert("order", values.order(id, Integer.toString(customer)));
    int lines = 1 + random.nextInt(3);
    for (int line = 1; line <= lines; line++) {
      session.insert("order_line", values.line(id, Integer.toString(line)));
    }
  }

  private void edit(Session session, String entity, List<String> key, String... fields)
      throws Session.TryAgain {
    Map<String, @Nullable String> row = session.lock(entity, key);
    if (row != null && !isPrivate(entity, key)) {
      String first = fields[random.nextInt(fields.length)];
      String second = fields[random.nextInt(fields.length)];
      update(session, entity, key, row, first, second);
    }
  }

  /**
   * Deletes a customer without orders, or an order of this side with its lines, which the other
   * side does not touch.
   */
  private void cancel(Session session) throws Session.TryAgain {
    List<String> key = List.of(someId());
    if (random.nextInt(3) == 0) {
      if (session.lock("customer", key) != null) {
        session.delete("customer", key);
      }
      return;
    }
    if (!isPrivate("order", key)
        || isMonoliths(key.get(0)) != isMonolith()
        || session.lock("order", key) == null) {
      return;
    }
    for (int line = 1; line <= 3; line++) {
      List<String> lineKey = List.of(key.get(0), Integer.toString(line));
      if (session.lock("order_line", lineKey) != null) {
        session.delete("order_line", lineKey);
      }
    }
    session.delete("order", key);
  }

  /** A write that changes nothing is none. */
  private void update(
      Session session,
      String entity,
      List<String> key,
      Map<String, @Nullable String> row,
      String... fields)
      throws Session.TryAgain {
    Map<String, @Nullable String> changes = new HashMap<>();
    for (String field : fields) {
      String value = values.of(field);
      if (!Objects.equals(value, row.get(field))) {
        changes.put(field, value);
      }
    }
    if (!changes.isEmpty()) {
      session.update(entity, key, changes);
    }
  }

  private String someId() {
    long newest = load.newestId();
    return Long.toString(newest - random.nextInt((int) Math.min(300, Math.max(1, newest - 1_000))));
  }

  /** The next order's number; a private one must be of this side. */
  private String orderId() {
    while (true) {
      String id = Long.toString(load.nextId());
      if (!isPrivate("order", List.of(id)) || isMonoliths(id) == isMonolith()) {
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

  private boolean isMonolith() {
    return site.side().equals("monolith");
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
    private final ChronoUnit instants;

    /**
     * @param instants what every database of the run can keep of a time
     */
    Values(Random random, ChronoUnit instants) {
      this.random = random;
      this.instants = instants;
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
          Instant.ofEpochSecond(second, random.nextInt(1_000_000) * 1000L).truncatedTo(instants));
    }
  }
}
