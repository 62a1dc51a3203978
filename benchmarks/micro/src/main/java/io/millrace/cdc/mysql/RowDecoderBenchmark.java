package io.millrace.cdc.mysql;

import io.millrace.cdc.event.Row;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

/** Rows of eight columns, out of an event of a hundred; per row. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RowDecoderBenchmark {
  private static final int ROWS = 100;
  private static final TableMapParser.Lookup LOOKUP =
      new TableMapParser.Lookup() {
        @Override
        public String charset(int collation) {
          return "utf8mb4";
        }

        @Override
        public Map<String, TableMapParser.Declared> declared(String database, String table) {
          return Map.of();
        }
      };

  private final TableMap table = table();
  private final RawEvent inserts = RowEvents.inserts(ROWS);
  private final RawEvent updates = RowEvents.updates(ROWS);

  /** What was inserted, as the state that an event carries. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void insert(Blackhole sink) {
    RowCursor cursor = new RowCursor(inserts, table);
    while (cursor.next()) {
      sink.consume(table.state(cursor.after()));
    }
  }

  /** Both states of what was updated, and the names of what changed. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void update(Blackhole sink) {
    RowCursor cursor = new RowCursor(updates, table);
    while (cursor.next()) {
      sink.consume(table.state(cursor.before()));
      sink.consume(table.state(cursor.after()));
      sink.consume(table.changedFields(cursor.changed()));
    }
  }

  private static TableMap table() {
    CaptureList captured =
        new CaptureList(List.of(new TableOptions("shop.orders").toTable()), List.of(), List.of());
    TableMap table =
        new TableMapParser(Flavour.MYSQL, captured, LOOKUP, null)
            .parse(RowEvents.tableMap("shop", "orders"));
    check(table, RowEvents.inserts(1));
    return table;
  }

  /** A benchmark of something that is misread measures nothing. */
  private static void check(TableMap table, RawEvent event) {
    RowCursor cursor = new RowCursor(event, table);
    cursor.next();
    Row row = table.state(cursor.after());
    @Nullable Object total = row.get("total");
    if (!Objects.toString(total).contains("12.34")
        || !Objects.toString(row.get("created_at")).contains("2026-01-01T12:00:00.123")
        || !Objects.toString(row.get("updated_at")).contains("2026-01-01T00:00:00.123456")) {
      throw new IllegalStateException("misread: " + row);
    }
  }
}
