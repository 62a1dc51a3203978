package io.millrace.examples.outbox;

import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.outbox.Outbox;
import io.millrace.examples.monolith.Change;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Places, changes and removes orders, each in one transaction with its event. Used by one thread.
 */
final class OrderDesk {
  static final int HOT_ORDERS = 5;
  private static final int ORDERS = 300;
  private static final String UNIQUE_VIOLATION = "23505";

  private final DataSource database;
  private final Outbox<Connection> outbox;
  private final Random random;

  OrderDesk(DataSource database, Outbox<Connection> outbox, Random random) {
    this.database = database;
    this.outbox = outbox;
    this.random = random;
  }

  /** One transaction; true where it was committed with a change. */
  boolean work() throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      try {
        change(connection, random.nextInt(4) == 0 ? hot() : random.nextLong(1, ORDERS + 1L));
        if (random.nextInt(10) == 0) {
          connection.rollback(); // something else failed: the event must go with the row
          return false;
        }
        connection.commit();
        return true;
      } catch (SQLException e) {
        connection.rollback();
        if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
          return false; // another desk placed the same order
        }
        throw e;
      }
    }
  }

  private long hot() {
    return random.nextLong(1, HOT_ORDERS + 1L);
  }

  private void change(Connection connection, long id) throws SQLException {
    Order before = find(connection, id);
    if (before == null) {
      Order placed =
          new Order(
              id,
              "customer " + random.nextInt(50),
              "new",
              money(),
              random.nextInt(3) == 0 ? null : "");
      write(
          connection,
          "INSERT INTO orders (customer, state, total, note, id) VALUES (?, ?, ?, ?, ?)",
          placed);
      append(connection, Order.TYPE.created(placed), placed.texts());
    } else if (random.nextInt(8) == 0) {
      try (PreparedStatement delete =
          connection.prepareStatement("DELETE FROM orders WHERE id = ?")) {
        delete.setLong(1, id);
        delete.executeUpdate();
      }
      append(connection, Order.TYPE.deleted(before), Map.of());
    } else {
      Order after =
          new Order(
              id,
              before.customer(),
              before.state().equals("new") ? "paid" : "new",
              random.nextBoolean() ? before.total() : money(),
              random.nextBoolean() ? before.note() : "note " + random.nextInt(100));
      write(
          connection,
          "UPDATE orders SET customer = ?, state = ?, total = ?, note = ? WHERE id = ?",
          after);
      append(connection, Order.TYPE.updated(before, after), changed(before, after));
      if (after.state().equals("paid")) {
        outbox.append(connection, Order.TYPE.message(after, Map.of("happened", "paid")));
      }
    }
  }

  /** The event, and the same for the judge, in a table that the library knows nothing of. */
  private void append(
      Connection connection, EntityEvent event, Map<String, @Nullable String> changed)
      throws SQLException {
    outbox.append(connection, event.withHeader("desk", Thread.currentThread().getName()));
    Change change =
        new Change(OrderService.TAG, event.entity(), event.id(), event.type().name(), changed);
    try (PreparedStatement journal =
        connection.prepareStatement("INSERT INTO journal (order_id, line) VALUES (?, ?)")) {
      journal.setLong(1, Long.parseLong(event.id()));
      journal.setString(2, change.line());
      journal.executeUpdate();
    }
  }

  private static Map<String, @Nullable String> changed(Order before, Order after) {
    Map<String, @Nullable String> changed = new TreeMap<>(after.texts());
    Map<String, @Nullable String> old = before.texts();
    changed.entrySet().removeIf(field -> Objects.equals(field.getValue(), old.get(field.getKey())));
    return changed;
  }

  private BigDecimal money() {
    return BigDecimal.valueOf(random.nextInt(100_000), 2);
  }

  private static @Nullable Order find(Connection connection, long id) throws SQLException {
    try (PreparedStatement query =
        connection.prepareStatement(
            "SELECT customer, state, total, note FROM orders WHERE id = ? FOR UPDATE")) {
      query.setLong(1, id);
      try (ResultSet row = query.executeQuery()) {
        return row.next()
            ? new Order(
                id, row.getString(1), row.getString(2), row.getBigDecimal(3), row.getString(4))
            : null;
      }
    }
  }

  private static void write(Connection connection, String sql, Order order) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, order.customer());
      statement.setString(2, order.state());
      statement.setBigDecimal(3, order.total());
      statement.setString(4, order.note());
      statement.setLong(5, order.id());
      statement.executeUpdate();
    }
  }
}
