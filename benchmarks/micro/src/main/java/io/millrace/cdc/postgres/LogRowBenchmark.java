package io.millrace.cdc.postgres;

import io.millrace.cdc.event.ChangeEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** Rows of the change log, of a table of seven columns, to events; per row, out of a hundred. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LogRowBenchmark {
  private static final int ROWS = 100;
  private static final Instant AT = Instant.parse("2026-01-01T12:00:00.123456Z");

  private final EventMaker maker = maker();
  private final RowChecksum checksum = new RowChecksum();
  private final List<LogRow> inserts = rows('I');
  private final List<LogRow> updates = rows('U');

  /** What was inserted. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void insert(Blackhole sink) {
    for (LogRow row : inserts) {
      sink.consume(maker.events(row));
    }
  }

  /** Both states of what was updated, of which two columns differ. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void update(Blackhole sink) {
    for (LogRow row : updates) {
      sink.consume(maker.events(row));
    }
  }

  /** What the position says of the rows that were read. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public long checksum() {
    long sum = 0;
    for (LogRow row : updates) {
      sum += checksum.of(row);
    }
    return sum;
  }

  private static EventMaker maker() {
    Map<String, PgType> columns = new LinkedHashMap<>();
    columns.put("id", PgType.scalar("int8", false));
    columns.put("customer", PgType.scalar("int8", false));
    columns.put("status", PgType.scalar("text", false));
    columns.put("total", PgType.scalar("numeric", false));
    columns.put("note", PgType.scalar("text", false));
    columns.put("created_at", PgType.scalar("timestamptz", false));
    columns.put("updated_at", PgType.scalar("timestamptz", false));
    TableLayout layout = new TableLayout(1, columns, List.of(), List.of("id"), Optional.empty());
    EventMaker maker =
        new EventMaker(
            "bench",
            "bench-00000000",
            1,
            List.of(new TableOptions("public", "orders").toTable()),
            table -> layout,
            Optional.empty());
    check(maker.events(row('U', 3)));
    return maker;
  }

  /** A benchmark of something that is misread measures nothing. */
  private static void check(List<ChangeEvent> events) {
    ChangeEvent event = events.get(0);
    String after = Objects.toString(event.newValue());
    if (!event.changedFields().equals(List.of("status", "updated_at"))
        || !after.contains("total=1.00")
        || !after.contains("updated_at=2026-01-01T00:00:03.5Z")) {
      throw new IllegalStateException("misread: " + event.changedFields() + " " + after);
    }
  }

  private static List<LogRow> rows(char operation) {
    List<LogRow> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      rows.add(row(operation, i));
    }
    return rows;
  }

  private static LogRow row(char operation, int i) {
    byte[] before = state(i, "open", "2026-01-01T00:00:00.123456+00:00");
    byte[] after = state(i, "paid", "2026-01-01T00:00:%02d.5+00:00".formatted(i % 60));
    byte @Nullable [] old = operation == 'I' ? null : before;
    return new LogRow(
        i, 7, 1, AT, 1, 1, 0, false, operation, "public.orders", old, after, null, null, null);
  }

  private static byte[] state(int i, String status, String updated) {
    return """
        {"id":%d,"customer":%d,"status":"%s","total":%d.00,"note":"a note of some length for order %d",\
        "created_at":"2026-01-01T00:00:00.123456+00:00","updated_at":"%s"}"""
        .formatted(i, i * 7, status, i / 3, i, updated)
        .getBytes(StandardCharsets.UTF_8);
  }
}
