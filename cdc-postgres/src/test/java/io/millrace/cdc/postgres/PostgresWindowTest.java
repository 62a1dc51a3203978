package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.internal.Connections;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** That a window costs what is in it, whatever else is in the log or open. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresWindowTest {
  private static final int HOLD_SECONDS = Integer.getInteger("millrace.hold.seconds", 4);

  /** What a hiccup of a busy machine may cost; a reader that is held up waits for seconds. */
  private static final long FLOOR_MICROS = 500_000;

  @Test
  void no_query_of_the_log_scans_it_whole_or_sorts() throws Exception {
    Database database = PostgresServer.shared().createDatabase("plan");
    database.execute("create table item (id int primary key, v int)");
    SourceFixture.install(database, "item");
    // Three segments, of which the second holds the rows and the third is empty.
    LogRetention next = LogRetention.keep(java.time.Duration.ofDays(1)).withSegmentRows(1).byHand();
    database.execute("insert into item values (-1, 0)");
    SourceFixture.install(database, "item").changeLog().retain(next);
    SourceFixture.install(database, "item").changeLog().retain(next);
    long base = database.number("select last_value from millrace.change_log_id");
    assertThat(base).isEqualTo(1L << 36);
    // Nothing was analysed: the planner knows as little as it does of a log that just grew.
    database.execute(
        "insert into item select i, 0 from generate_series(1, 20000) i", "update item set v = 1");
    Duration limit = Duration.ofMinutes(1);
    Connections connections = new Connections(database.dataSource(), limit);
    for (String mode : List.of("force_generic_plan", "force_custom_plan")) {
      try (ReaderSession session = ReaderSession.open(connections, limit, "plan");
          Statement statement = session.connection().createStatement()) {
        statement.execute("SET plan_cache_mode = " + mode);
        assertPlans(session, base, mode.equals("force_custom_plan"));
      }
    }
    database.drop();
  }

  private static void assertPlans(ReaderSession session, long base, boolean segmentsKnown)
      throws Exception {
    String end = Long.toString(base + 40000);
    String range =
        explain(
            session,
            LogQueries.RANGE,
            List.of("bigint", "bigint", "bigint", "xid8", "xid8[]", "pg_snapshot", "bigint"),
            List.of("" + (base + 39000), end, "0", "'3'", "'{3,4}'", "'10:20:'", "100"));
    assertIndexed(range, "_pkey");
    String next =
        explain(session, LogQueries.NEXT, List.of("bigint"), List.of("" + (base + 39000)));
    assertIndexed(next, "change_log_1_pkey");
    String past =
        explain(
            session,
            LogQueries.PAST,
            List.of("bigint", "bigint", "bigint", "bigint", "xid8", "xid8[]", "bigint"),
            List.of("0", end, "7", "8", "'3'", "'{3,4}'", "100"));
    assertIndexed(past, "change_log_1_pkey");
    for (int members = 1; members <= 3; members++) {
      List<String> types = new ArrayList<>();
      List<String> values = new ArrayList<>();
      for (int i = 0; i < members; i++) {
        types.addAll(List.of("xid8", "bigint", "bigint", "bigint", "bigint"));
        values.addAll(List.of("'3'", "1", end, "0", "100"));
      }
      if (members > 1) {
        types.add("bigint");
        values.add("100");
      }
      String plan = explain(session, LogQueries.membersSql(members), types, values);
      assertIndexed(plan, "incarnation_xid_id_idx");
      assertThat(plan).doesNotContain("_pkey");
    }
    String late =
        explain(
            session,
            LogQueries.LATE,
            List.of(
                "text", "bigint", "bigint", "bigint", "text", "text", "bigint", "bigint", "bigint"),
            List.of("'{3,4}'", "0", "1", end, "'{5,9}'", "'{6,99}'", "0", "1", end));
    assertIndexed(late, "incarnation_xid_id_idx");
    // The transactions bound the index, not the ids, which are nearly the whole log.
    assertThat(late).doesNotContain("_pkey").contains("xid = m.m", "xid >= r.low");
    String around =
        explain(
            session,
            LogQueries.AROUND,
            List.of("text", "text", "text", "text"),
            List.of("'{0,0}'", "'{3,4}'", "'{public.item,public.item}'", "'{2,3}'"));
    assertIndexed(around, "incarnation_xid_id_idx");
    assertThat(around).doesNotContain("_pkey").contains("xid = n.xid");
    String look =
        explain(
            session,
            LogQueries.LOOK,
            List.of("text", "text", "text", "text", "text", "bigint", "bigint", "bigint"),
            List.of("'{4,8}'", "'{5,9}'", "'{6,10}'", "'6'", "'5'", "0", "100", "100"));
    assertIndexed(look, "incarnation_xid_id_idx");
    assertThat(look).doesNotContain("_pkey").contains("xid > ");
    if (segmentsKnown) {
      assertThat(range).contains("change_log_1").doesNotContain("change_log_0", "change_log_2");
    }
  }

  @Test
  void a_look_walks_through_nothing_that_an_open_transaction_logged() throws Exception {
    Database database = PostgresServer.shared().createDatabase("look");
    database.execute("create table item (id int primary key, v int)");
    SourceFixture.install(database, "item");
    String bound = database.value("select pg_snapshot_xmax(pg_current_snapshot())::text");
    try (Connection open = database.connect();
        Statement writer = open.createStatement()) {
      open.setAutoCommit(false);
      writer.execute("insert into item select i, 0 from generate_series(1, 20000) i");
      assertThat(blocksOfLook(database, bound)).isLessThan(100);
      database.execute("insert into item values (-1, 0)");
      assertThat(blocksOfLook(database, bound)).isLessThan(100);
      open.commit();
      assertThat(blocksOfLook(database, bound)).isLessThan(100); // no more than was asked for
    }
    database.drop();
  }

  /** How many blocks the server looks at for the first look of a reader that begins there. */
  private static long blocksOfLook(Database database, String bound) {
    String sql = LogQueries.LOOK;
    for (String value :
        List.of(
            "'{}'",
            "'{}'",
            "'{}'",
            "'" + bound + "'",
            "'" + (Long.parseLong(bound) - 1) + "'",
            "millrace.incarnation()",
            "257",
            "257")) {
      sql = sql.replaceFirst("[?]", value);
    }
    String settings = "set enable_seqscan = off; set enable_bitmapscan = off; ";
    long blocks = -1;
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(settings + "set enable_sort = off; set jit = off");
      statement.executeQuery(sql).close(); // the catalog is read before
      try (var row = statement.executeQuery("explain (analyze, buffers) " + sql)) {
        while (row.next() && blocks < 0) {
          Matcher hit = Pattern.compile("Buffers: shared hit=(\\d+)").matcher(row.getString(1));
          blocks = hit.find() ? Long.parseLong(hit.group(1)) : -1;
        }
      }
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
    return blocks;
  }

  private static void assertIndexed(String plan, String index) {
    assertThat(plan).contains(index).doesNotContainPattern("Seq Scan on change_log(?!_id )");
    assertThat(
            plan.lines()
                .map(line -> line.strip().replaceFirst("^->  ", ""))
                .filter(line -> line.startsWith("Sort ") && !line.startsWith("Sort Key")))
        .as(plan)
        .isEmpty();
  }

  /** The plan of a prepared statement. */
  private static String explain(
      ReaderSession session, String sql, List<String> types, List<String> values) throws Exception {
    String numbered = sql;
    for (int number = 1; numbered.indexOf('?') >= 0; number++) {
      numbered = numbered.replaceFirst("\\?", "\\$" + number);
    }
    StringBuilder plan = new StringBuilder();
    try (Statement statement = session.connection().createStatement()) {
      statement.execute("PREPARE q (" + String.join(", ", types) + ") AS " + numbered);
      try (var rows =
          statement.executeQuery("EXPLAIN EXECUTE q (" + String.join(", ", values) + ")")) {
        while (rows.next()) {
          plan.append(rows.getString(1)).append('\n');
        }
      }
      statement.execute("DEALLOCATE q");
    }
    return plan.toString();
  }

  @Test
  void one_large_transaction_is_read_in_bounded_batches_and_in_order() throws Exception {
    int rows = Integer.getInteger("millrace.window.rows", 50_000);
    Database database = PostgresServer.shared().createDatabase("large");
    database.execute("create table item (id int primary key, v int)");
    PostgresSource source = SourceFixture.install(database, "item");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("insert into item select i, 0 from generate_series(1, " + rows + ") i");
      long start = System.nanoTime();
      int next = 1;
      while (next <= rows) {
        for (ChangeEvent event : reader.poll(5000, Duration.ofMillis(100)).events()) {
          assertThat(event.id()).isEqualTo(Integer.toString(next++));
        }
      }
      System.out.printf(
          "%d rows of one transaction in %d ms%n", rows, (System.nanoTime() - start) / 1_000_000);
    }
    database.drop();
  }

  @Test
  void an_open_transaction_delays_nobody() throws Exception {
    Database database = PostgresServer.shared().createDatabase("hold");
    database.execute("create table item (id int primary key, v int)");
    PostgresSource source = SourceFixture.install(database, "item");
    latencies(database, source, 2); // warm-up
    long without = p99(latencies(database, source, HOLD_SECONDS));
    long with;
    try (Connection open = database.connect();
        Statement statement = open.createStatement()) {
      open.setAutoCommit(false);
      statement.executeUpdate("insert into item values (-1, 0)");
      with = p99(latencies(database, source, HOLD_SECONDS));
      open.commit();
    }
    System.out.printf(
        "p99 commit to read: %d us without, %d us with a transaction open for %d s%n",
        without, with, HOLD_SECONDS);

    assertThat(with).isLessThan(Math.max(2 * without, FLOOR_MICROS));
    database.drop();
  }

  private static long p99(List<Long> micros) {
    long[] sorted = micros.stream().mapToLong(Long::longValue).sorted().toArray();
    return sorted[Math.min(sorted.length - 1, sorted.length * 99 / 100)];
  }

  /** Commit to read, in microseconds, of one writer that commits every few milliseconds. */
  private static List<Long> latencies(Database database, PostgresSource source, int seconds)
      throws Exception {
    Map<String, Long> committed = new ConcurrentHashMap<>();
    Map<String, Long> read = new HashMap<>();
    ExecutorService writer = Executors.newSingleThreadExecutor();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      Future<Void> done =
          writer.submit(
              () -> {
                try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                  statement.execute("insert into item values (1, 0) on conflict do nothing");
                  long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
                  for (int i = 1; System.nanoTime() < end; i++) {
                    statement.execute("update item set v = " + i + " where id = 1");
                    committed.put(Integer.toString(i), System.nanoTime());
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(3));
                  }
                }
                return null;
              });
      while (!done.isDone() || read.size() < committed.size()) {
        for (ChangeEvent event : reader.poll(100, Duration.ofMillis(50)).events()) {
          if (event.oldValue() != null) {
            read.put(String.valueOf(event.newValue().get("v")), System.nanoTime());
          }
        }
      }
      done.get();
    } finally {
      writer.shutdownNow();
    }
    List<Long> micros = new ArrayList<>();
    committed.forEach((v, at) -> micros.add(Math.max(0, (read.get(v) - at) / 1000)));
    assertThat(Arrays.asList(micros)).isNotEmpty();
    return micros;
  }
}
