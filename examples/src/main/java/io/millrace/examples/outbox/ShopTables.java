package io.millrace.examples.outbox;

import io.millrace.cdc.testkit.Database;
import io.millrace.examples.monolith.Journal;
import io.millrace.examples.monolith.Judge;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Both databases, looked at with plain SQL. */
record ShopTables(Database orders, Database view) {
  private static final String COLUMNS =
      " (id bigint primary key, customer text not null, state text not null, total numeric(12,2) not null, note text)";

  void create() {
    orders.execute(
        "create table orders" + COLUMNS,
        "create table journal (n bigserial primary key, committed timestamptz not null default clock_timestamp(),"
            + " order_id bigint not null, line text not null)",
        "create table closing (at timestamptz not null)");
    view.execute("create table order_view" + COLUMNS);
  }

  /** The desks are to stop. */
  void close() {
    orders.execute("insert into closing values (now())");
  }

  long changes() {
    return orders.number("select count(*) from journal");
  }

  long hotChanges() {
    return orders.number("select count(*) from journal where order_id <= ?", OrderDesk.HOT_ORDERS);
  }

  int viewed() {
    return (int) view.number("select count(*) from order_view");
  }

  /** What was committed, each order's changes in their order: its row's lock was held for each. */
  List<Journal.Entry> journal() {
    List<Journal.Entry> entries = new ArrayList<>();
    for (List<@Nullable Object> row :
        orders.query(
            "select (extract(epoch from committed) * 1000000)::bigint, line from journal order by n")) {
      entries.add(
          new Journal.Entry(
              Long.parseLong(String.valueOf(row.get(0))), String.valueOf(row.get(1))));
    }
    return entries;
  }

  /** Rows that are not the same in orders and view. */
  List<String> differences() {
    return new ArrayList<>(
        Judge.differences("order", rows(orders, "orders"), rows(view, "order_view")));
  }

  private static Map<String, Map<String, @Nullable String>> rows(Database database, String table) {
    Map<String, Map<String, @Nullable String>> rows = new TreeMap<>();
    for (List<@Nullable Object> row :
        database.query("select id, customer, state, total, note from " + table)) {
      Map<String, @Nullable String> fields = new TreeMap<>();
      fields.put("row", String.valueOf(row));
      rows.put(String.valueOf(row.get(0)), fields);
    }
    return rows;
  }
}
