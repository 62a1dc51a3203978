package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Many writers against a reader that is stopped and resumed at random. The judge is the writers'
 * own journal and the table's last state: every value a writer committed comes once, and every
 * key's events link old to new from beginning to end.
 */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresSourcePropertyTest {
  private static final int WRITERS = 6;
  private static final int KEYS = 12;
  private static final int TRANSACTIONS = Integer.getInteger("millrace.property.transactions", 150);

  private final AtomicLong values = new AtomicLong();
  private final Set<Long> committed = new ConcurrentSkipListSet<>();

  @Test
  void nothing_is_lost_or_doubled_and_the_order_of_each_key_is_kept() throws Exception {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    System.out.println("seed " + seed + " (repeat with -Dmillrace.seed=" + seed + ")");
    Database database = PostgresServer.shared().createDatabase("property");
    database.execute(
        "create table item (id int primary key, v bigint not null)",
        "alter database " + database.name() + " set deadlock_timeout = '20ms'");
    PostgresSource source = SourceFixture.install(database, "item");
    List<ChangeEvent> events = run(database, source, new Random(seed));
    Map<String, Row> last = assertChained(events);
    Map<String, String> table = new TreeMap<>();
    database
        .query("select id, v from item")
        .forEach(row -> table.put(String.valueOf(row.get(0)), String.valueOf(row.get(1))));
    Map<String, String> read = new TreeMap<>();
    last.forEach((id, row) -> read.put(id, String.valueOf(row.get("v"))));
    assertThat(read).isEqualTo(table);
    Set<Long> seen = new TreeSet<>();
    for (ChangeEvent event : events) {
      if (event.newValue() != null && event.newValue().get("v") instanceof Value.Int64Value v) {
        boolean moved = event.type() == ChangeType.CREATED && event.previousKey() != null;
        assertThat(seen.add(v.value()) || moved).as("value %s comes once", v).isTrue();
      }
    }
    assertThat(seen).isEqualTo(committed);
    database.drop();
  }

  private List<ChangeEvent> run(Database database, PostgresSource source, Random random)
      throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(WRITERS);
    List<Future<?>> writers = new ArrayList<>();
    SourceReader first = SourceFixture.openNow(source);
    for (int i = 0; i < WRITERS; i++) {
      Random own = new Random(random.nextLong());
      int number = i;
      writers.add(pool.submit(() -> write(database, own, number)));
    }
    try {
      return readAndResume(source, first, writers, random);
    } finally {
      pool.shutdownNow();
      assertThat(pool.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static List<ChangeEvent> readAndResume(
      PostgresSource source, SourceReader first, List<Future<?>> writers, Random random)
      throws Exception {
    record Mark(Position position, int events) {}
    List<ChangeEvent> events = new ArrayList<>();
    List<Mark> marks = new ArrayList<>();
    Map<String, ChangeEvent> known = new HashMap<>();
    SourceReader reader = first;
    long epoch = reader.epoch();
    marks.add(new Mark(reader.position(), 0));
    int quiet = 0;
    int resumes = 0;
    while (quiet < 3) {
      boolean written = writers.stream().allMatch(Future::isDone);
      SourceBatch batch =
          reader.poll(1 + random.nextInt(40), Duration.ofMillis(random.nextInt(30)));
      for (ChangeEvent event : batch.events()) {
        ChangeEvent before = known.put(event.eventId(), event);
        assertThat(before == null || before.equals(event))
            .as("read twice, differently: %s", event)
            .isTrue();
        events.add(event);
      }
      if (batch.position() != null) {
        marks.add(new Mark(batch.position(), events.size()));
      }
      boolean found = !batch.events().isEmpty();
      quiet = written && !found ? quiet + 1 : 0;
      if (found && random.nextInt(12) == 0) {
        Mark mark = marks.get(Math.max(0, marks.size() - 1 - random.nextInt(4)));
        events.subList(mark.events(), events.size()).clear();
        marks.removeIf(m -> m.events() > mark.events());
        reader.close();
        reader = SourceFixture.resume(source, mark.position(), epoch);
        resumes++;
      } else if (quiet > 0) {
        // an idle reader looks again after its pause only
        source.wakeUp();
      }
    }
    reader.close();
    for (Future<?> writer : writers) {
      writer.get();
    }
    System.out.println(events.size() + " events, " + resumes + " resumptions");
    return events;
  }

  /** Every key's events link old state to new; the last states. */
  private static Map<String, Row> assertChained(List<ChangeEvent> events) {
    Map<String, Row> last = new TreeMap<>();
    Map<String, ChangeEvent> before = new HashMap<>();
    for (ChangeEvent event : events) {
      assertThat(last.get(event.id()))
          .as(() -> "the state before " + event + ", of " + history(events, event))
          .isEqualTo(event.oldValue());
      ChangeEvent earlier = before.put(event.id(), event);
      if (earlier != null) {
        assertThat(earlier.version())
            .as("%s before %s", earlier, event)
            .isLessThan(event.version());
      }
      if (event.newValue() == null) {
        last.remove(event.id());
      } else {
        last.put(event.id(), event.newValue());
      }
    }
    return last;
  }

  private static String history(List<ChangeEvent> events, ChangeEvent one) {
    StringBuilder text = new StringBuilder();
    for (ChangeEvent event : events) {
      if (event.id().equals(one.id())) {
        text.append('\n').append(event).append(" xid ").append(event.transactionId()).append(' ');
        text.append(event.oldValue()).append(" -> ").append(event.newValue());
      }
    }
    return text.toString();
  }

  private Void write(Database database, Random random, int number) throws SQLException {
    try (Connection connection = database.connect();
        Connection second = database.connect()) {
      for (int i = 0; i < TRANSACTIONS; i++) {
        connection.setAutoCommit(false);
        List<Long> mine = new ArrayList<>();
        try {
          for (int k = random.nextInt(5); k >= 0; k--) {
            step(connection, random, mine);
          }
          end(connection, second, random, database.name() + "_" + number + "_" + i, mine);
        } catch (SQLException e) {
          if (!Set.of("40P01", "23505").contains(e.getSQLState())) {
            throw e;
          }
          connection.rollback(); // a deadlock, or a key that somebody else made
        }
      }
    }
    return null;
  }

  private void step(Connection connection, Random random, List<Long> mine) throws SQLException {
    if (random.nextInt(4) == 0) {
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(5000)));
    }
    if (random.nextInt(5) > 0) {
      change(connection, random, mine);
      return;
    }
    Savepoint savepoint = connection.setSavepoint();
    List<Long> inside = new ArrayList<>();
    change(connection, random, inside);
    if (random.nextBoolean()) {
      connection.rollback(savepoint);
    } else {
      mine.addAll(inside);
    }
  }

  private void change(Connection connection, Random random, List<Long> mine) throws SQLException {
    int key = random.nextInt(KEYS);
    long value = values.incrementAndGet();
    String sql =
        switch (random.nextInt(10)) {
          case 0, 1 -> "delete from item where id = " + key;
          case 2, 3, 4 ->
              "insert into item values ("
                  + key
                  + ", "
                  + value
                  + ") on conflict (id) do update set v = excluded.v";
          default -> "update item set v = " + value + " where id = " + key;
        };
    try (Statement statement = connection.createStatement()) {
      if (statement.executeUpdate(sql) > 0 && !sql.startsWith("delete")) {
        mine.add(value);
      }
    }
  }

  private void end(
      Connection connection, Connection second, Random random, String name, List<Long> mine)
      throws SQLException {
    int how = random.nextInt(10);
    if (how < 2) {
      connection.rollback();
      return;
    }
    if (how > 3) {
      connection.commit();
      committed.addAll(mine);
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("prepare transaction '" + name + "'");
    }
    connection.commit();
    LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(20_000)));
    boolean keep = random.nextInt(3) > 0;
    try (Statement statement = second.createStatement()) {
      statement.execute((keep ? "commit" : "rollback") + " prepared '" + name + "'");
    }
    if (keep) {
      committed.addAll(mine);
    }
  }
}
