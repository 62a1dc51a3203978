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
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
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
    write(1, ROWS);
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
      write(1, ROWS);
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
      write(1, ROWS);
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
      int written = 0;
      for (int rows = 1; rows <= 256; rows *= 2) { // pages grow as they go
        write(written + 1, written + rows);
        written += rows;
        assertThat(SourceFixture.read(reader, rows)).hasSize(rows);
      }
      assertThat(pageThreads()).isZero();
    }
  }

  @Test
  void rows_that_no_page_holds_come_in_smaller_ones() throws Exception {
    database.execute("create table item (id int primary key, v int)");
    SmallHeap heap = new SmallHeap(database.dataSource());
    PostgresSource source =
        PostgresSource.builder(heap.connections()).service("test").capture("public.item").build();
    source.changeLog().install();
    try (SourceReader reader = SourceFixture.openNow(source)) {
      write(1, ROWS);
      List<String> read = new ArrayList<>();
      readOn(reader, read, ROWS / 2);
      heap.holds(3);
      readOn(reader, read, ROWS / 2 + 2000);
      heap.holds(Integer.MAX_VALUE);
      readOn(reader, read, ROWS);
      assertThat(read).isEqualTo(ids(1, ROWS));
      assertThat(heap.refused()).isPositive();
    }
  }

  /** Connections that have no memory for an answer of more than so many rows of the log. */
  private static final class SmallHeap {
    private final DataSource dataSource;
    private final AtomicInteger rows = new AtomicInteger(Integer.MAX_VALUE);
    private final AtomicInteger refused = new AtomicInteger();

    SmallHeap(DataSource dataSource) {
      this.dataSource = dataSource;
    }

    void holds(int most) {
      rows.set(most);
    }

    int refused() {
      return refused.get();
    }

    DataSource connections() {
      return around(dataSource, DataSource.class);
    }

    private <T> T around(Object real, Class<T> type) {
      AtomicInteger met = new AtomicInteger();
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (proxy, method, arguments) -> {
                try {
                  Object answer = method.invoke(real, arguments);
                  if (method.getName().equals("next")
                      && ofLog((ResultSet) real)
                      && met.incrementAndGet() > rows.get()) {
                    refused.incrementAndGet();
                    throw new SQLException("Ran out of memory retrieving query results.", "53200");
                  }
                  return wrapped(answer);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              }));
    }

    private @Nullable Object wrapped(@Nullable Object answer) {
      for (Class<?> type : List.of(Connection.class, PreparedStatement.class, ResultSet.class)) {
        if (type.isInstance(answer)) {
          return around(answer, type);
        }
      }
      return answer;
    }

    private static boolean ofLog(ResultSet found) throws SQLException {
      return found.getMetaData().getColumnCount() > 10;
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

  private void write(int first, int last) {
    database.execute(
        "insert into item select i, 0 from generate_series(" + first + ", " + last + ") i");
  }

  /** A page is read to its end, and the one behind it has begun, so that a third is asked for. */
  private List<String> readUntilAPageHangs(SourceReader reader) throws InterruptedException {
    List<String> read = new ArrayList<>();
    readOn(reader, read, 250);
    Thread.sleep(300); // the page that ends with row 511 is there
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
