package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.NetworkProxy;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** That a page which is read while the one before is given out is neither lost nor given twice. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresReadAheadTest {
  private static final int ROWS = 15_000;
  private static final String THREAD = "millrace-test-page";
  private static final Duration WAIT = Duration.ofMillis(100);

  private final Database database = PostgresServer.shared().createDatabase("ahead");
  private final NetworkProxy proxy = NetworkProxy.to(PostgresServer.shared());

  @AfterEach
  void close() {
    proxy.close();
    database.drop();
  }

  @Test
  void where_the_connection_is_cut_again_and_again_all_rows_come_in_order() throws Exception {
    PostgresSource source = source();
    SourceReader reader = SourceFixture.openNow(source);
    long epoch = reader.epoch();
    Position saved = reader.position();
    write(ROWS);
    List<String> read = new ArrayList<>();
    int passed = 0;
    int cuts = 0;
    for (int batches = 1; read.size() < ROWS; batches++) {
      try {
        SourceBatch batch = reader.poll(400, WAIT);
        batch.events().forEach(event -> read.add(event.id()));
        if (batch.position() != null) {
          saved = batch.position();
          passed = read.size();
          reader.saved(saved);
        }
        if (batches % 6 == 0) {
          proxy.cut();
        }
      } catch (SourceException e) {
        cuts++;
        reader.close();
        read.subList(passed, read.size()).clear();
        reader = SourceFixture.resume(source, saved, epoch);
      }
    }
    reader.close();
    assertThat(read).isEqualTo(ids(1, ROWS));
    assertThat(cuts).isGreaterThan(2);
  }

  @Test
  void closing_waits_for_no_page() throws Exception {
    try (SourceReader reader = SourceFixture.openNow(source())) {
      write(ROWS);
      readUntilAPageHangs(reader);
      assertThat(pageThreads()).isEqualTo(1);

      long start = System.nanoTime();
      reader.close();

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }
    awaitNoPageThread();
  }

  @Test
  void a_wait_for_a_page_is_interrupted_and_the_page_still_comes() throws Exception {
    try (SourceReader reader = SourceFixture.openNow(source())) {
      write(ROWS);
      List<String> read = readUntilAPageHangs(reader);
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> readOn(reader, read, ROWS)).isInstanceOf(InterruptedException.class);
      proxy.normal();
      readOn(reader, read, ROWS);
      assertThat(read).isEqualTo(ids(1, ROWS));
    }
  }

  @Test
  void small_windows_are_read_on_one_thread() throws Exception {
    try (SourceReader reader = SourceFixture.openNow(source())) {
      write(200);
      assertThat(SourceFixture.read(reader, 200)).hasSize(200);
      assertThat(pageThreads()).isZero();
    }
  }

  private PostgresSource source() {
    database.execute("create table item (id int primary key, v int)");
    PostgresSource source =
        PostgresSource.builder(database.dataSource(proxy))
            .service("test")
            .capture("public.item")
            .build();
    source.changeLog().install();
    return source;
  }

  private void write(int rows) {
    database.execute("insert into item select i, 0 from generate_series(1, " + rows + ") i");
  }

  /** The first page is read through, and the second has begun, so that the third is asked for. */
  private List<String> readUntilAPageHangs(SourceReader reader) throws InterruptedException {
    List<String> read = new ArrayList<>();
    readOn(reader, read, 250);
    proxy.hold();
    readOn(reader, read, 270);
    return read;
  }

  private static void readOn(SourceReader reader, List<String> read, int until)
      throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (read.size() < until) {
      assertThat(System.nanoTime()).as("%s rows came", read.size()).isLessThan(deadline);
      for (ChangeEvent event : reader.poll(10, WAIT).events()) {
        read.add(event.id());
      }
    }
  }

  private static List<String> ids(int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(Integer::toString).toList();
  }

  private static long pageThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(THREAD))
        .count();
  }

  private static void awaitNoPageThread() throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (pageThreads() > 0 && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
    assertThat(pageThreads()).isZero();
  }
}
