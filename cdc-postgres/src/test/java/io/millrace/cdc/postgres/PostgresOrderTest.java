package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
