package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.POSTGRES)
final class PostgresOrderTest {
  @Test
  void changes_that_a_trigger_logged_out_of_order_are_chained() throws Exception {
    Database database = PostgresServer.shared().createDatabase("chain");
    database.execute(
        "create table item (id int primary key, v int)",
        // Every row that reaches 1 pushes the others of the same statement on before they are
        // logged.
        "create function push() returns trigger language plpgsql as $$ begin"
            + " update item set v = v + 10 where id > new.id and v < 20; return null; end $$",
        "create trigger push after update on item for each row when (new.v = 1) execute function push()");
    PostgresSource source = SourceFixture.install(database, "item");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("insert into item values (1, 0), (2, 0), (3, 0)", "update item set v = 1");
      List<ChangeEvent> events = new ArrayList<>();
      List<SourceBatch> batches = new ArrayList<>();
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (events.size() < 9 && System.nanoTime() < deadline) {
        SourceBatch batch = reader.poll(1, Duration.ofMillis(50));
        events.addAll(batch.events());
        batches.add(batch);
      }
      assertChained(events);
      assertThat(events).extracting(ChangeEvent::eventId).doesNotHaveDuplicates();
      assertThat(batches.stream().filter(b -> !b.events().isEmpty() && b.position() == null))
          .isNotEmpty();
      int before = 0;
      for (SourceBatch batch : batches) {
        before += batch.events().size();
        if (batch.position() != null) {
          try (SourceReader again =
              SourceFixture.resume(source, batch.position(), reader.epoch())) {
            assertThat(SourceFixture.read(again, events.size() - before))
                .isEqualTo(events.subList(before, events.size()));
          }
        }
      }
    }
    database.drop();
  }

  @Test
  void changes_that_a_trigger_logged_out_of_order_are_chained_across_what_others_logged()
      throws Exception {
    Database database = PostgresServer.shared().createDatabase("chain_others");
    createPushed(database, "perform pg_advisory_xact_lock(5);");
    PostgresSource source = SourceFixture.install(database, "item");
    database.execute("insert into item values (1, 0), (2, 0)");
    try (SourceReader reader = SourceFixture.openNow(source);
        Connection lock = database.connect();
        Statement holder = lock.createStatement();
        Connection connection = database.connect();
        Statement writer = connection.createStatement()) {
      holder.execute("select pg_advisory_lock(5)");
      Future<Boolean> written = ran(() -> writer.execute("update item set v = 1"));
      String waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted";
      while (database.number(waiting) == 0) {
        Thread.onSpinWait();
      }
      // More than the pages that a reader begins with, and than the few rows that come with a look.
      database.execute("insert into item select i, 100 from generate_series(100, 699) i");
      holder.execute("select pg_advisory_unlock(5)");
      written.get();
      assertChained(SourceFixture.read(reader, 603), "2", 0);
    }
    database.drop();
  }

  @Test
  void so_are_more_of_them_than_fit_a_few_pages() throws Exception {
    int rows = 21_000;
    Database database = PostgresServer.shared().createDatabase("chain_many");
    createPushed(database, "");
    database.execute("insert into item select i, 0 from generate_series(1, " + rows + ") i");
    PostgresSource source = SourceFixture.install(database, "item");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute("update item set v = 1");
      List<ChangeEvent> events = SourceFixture.read(reader, 2 * rows - 1);
      assertChained(events, "" + rows, 0);
      // The same number again, in the order in which they happened: nothing has to be held.
      database.execute(
          "create function add() returns trigger language plpgsql as $$ begin update item set v = v + 1 where id = -new.id; return null; end $$",
          "create trigger zz_add after update on item for each row when (new.id > 0) execute function add()",
          "insert into item select -i, 100 from generate_series(1, " + rows + ") i");
      SourceFixture.read(reader, rows);
      database.execute("update item set v = 50 where id > 0");
      assertChained(SourceFixture.read(reader, 2 * rows), "-1", 100);
    }
    database.drop();
  }

  /** Every row that reaches 1 pushes the others of the same statement on before they are logged. */
  private static void createPushed(Database database, String then) {
    database.execute(
        "create table item (id int primary key, v int)",
        "create function push() returns trigger language plpgsql as $$ begin"
            + " update item set v = v + 10 where id > new.id and v < 20; "
            + then
            + " return null; end $$",
        "create trigger push after update on item for each row when (new.v = 1 and new.id = 1) execute function push()");
  }

  /** The changes of one row link old to new, and versions rise. */
  private static void assertChained(List<ChangeEvent> events, String id, int from) {
    long last = from;
    Version version = Version.wrap(new byte[8]);
    for (ChangeEvent event : events) {
      assertThat(event.version()).isGreaterThan(version);
      version = event.version();
      if (event.id().equals(id)) {
        assertThat(event.oldValue().get("v")).isEqualTo(Value.of(last));
        last = ((Value.Int64Value) event.newValue().get("v")).value();
      }
    }
    assertThat(last).isNotEqualTo(from);
  }

  private static <T> Future<T> ran(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    new Thread(task, "writer").start();
    return task;
  }

  @Test
  void a_truncate_is_an_event_of_its_own() throws Exception {
    Database database = PostgresServer.shared().createDatabase("truncate");
    database.execute("create table item (id int primary key, v int)");
    PostgresSource source = SourceFixture.install(database, "item");
    try (SourceReader reader = SourceFixture.openNow(source)) {
      database.execute(
          "insert into item values (1, 0)", "truncate item", "insert into item values (1, 1)");
      List<ChangeEvent> events = SourceFixture.read(reader, 3);
      assertThat(events.get(1).type()).isEqualTo(io.millrace.cdc.event.ChangeType.TRUNCATED);
      assertThat(events.get(1).id()).isEmpty();
      assertThat(events.get(1).key()).isEqualTo(Row.empty());
    }
    database.drop();
  }

  private static void assertChained(List<ChangeEvent> events) {
    Map<String, Row> last = new HashMap<>();
    for (ChangeEvent event : events) {
      assertThat(last.get(event.id())).as("%s in %s", event, events).isEqualTo(event.oldValue());
      last.put(event.id(), event.newValue());
    }
    for (int i = 1; i < events.size(); i++) {
      assertThat(events.get(i - 1).version()).isLessThan(events.get(i).version());
    }
  }
}
