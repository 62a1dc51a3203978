package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the tests of the source share. */
final class SourceFixture {
  private SourceFixture() {}

  /** A source of these tables of schema public, its log installed. */
  static PostgresSource install(Database database, String... tables) {
    PostgresSource.Builder builder = PostgresSource.builder(database.dataSource()).service("test");
    for (String table : tables) {
      builder.capture("public." + table);
    }
    PostgresSource source = builder.build();
    source.changeLog().install();
    return source;
  }

  static SourceReader openNow(PostgresSource source) {
    return source.open(new ReaderStart("test", Optional.empty(), 0, FirstStart.NOW, true));
  }

  static SourceReader resume(PostgresSource source, Position position, long epoch) {
    return source.open(new ReaderStart("test", Optional.of(position), epoch, FirstStart.NOW));
  }

  /** Reads until so many events came, and fails where more or fewer come. */
  static List<ChangeEvent> read(SourceReader reader, int count) throws InterruptedException {
    List<ChangeEvent> events = new ArrayList<>();
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (events.size() < count && System.nanoTime() < deadline) {
      events.addAll(reader.poll(1000, Duration.ofMillis(50)).events());
    }
    assertThat(events).hasSize(count);
    return events;
  }

  /** Reads what is there now. */
  static List<SourceBatch> drain(SourceReader reader) throws InterruptedException {
    List<SourceBatch> batches = new ArrayList<>();
    while (true) {
      SourceBatch batch = reader.poll(1000, Duration.ofMillis(600));
      if (batch.events().isEmpty() && batch.position() == null) {
        return batches;
      }
      batches.add(batch);
    }
  }

  static List<ChangeEvent> events(List<SourceBatch> batches) {
    return batches.stream().flatMap(batch -> batch.events().stream()).toList();
  }
}
