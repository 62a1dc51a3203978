package io.millrace.benchmarks.micro;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** An update of eight fields with its old state, to bytes and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ProtobufBenchmark {
  private final ChangeEvent event = update(7);
  private final Encoded encoded = ProtobufCodec.instance().encode(event);

  /** To bytes. */
  @Benchmark
  public Encoded encode() {
    return ProtobufCodec.instance().encode(event);
  }

  /** Back. */
  @Benchmark
  public ChangeEvent decode() {
    return ProtobufCodec.instance().decode(encoded);
  }

  /** An update of a usual row. */
  public static ChangeEvent update(long id) {
    return ChangeEvent.builder()
        .type(ChangeType.UPDATED)
        .entity("order")
        .key(Row.of("id", Value.of(id)))
        .oldValue(row(id, "open"))
        .newValue(row(id, "paid"))
        .changedFields(List.of("state"))
        .source("shop")
        .changedAt(Instant.parse("2026-01-01T00:00:00.123456Z"))
        .log("shop-00000001")
        .version(Version.of(1, ByteBuffer.allocate(Long.BYTES).putLong(id).array()))
        .transactionId("t" + id)
        .build();
  }

  private static Row row(long id, String state) {
    return Row.builder()
        .put("id", Value.of(id))
        .put("customer", Value.of(42))
        .put("state", Value.of(state))
        .put("total", Value.of(new BigDecimal("12.34")))
        .put("note", Value.of("a note of a usual length, with ü"))
        .put("created_at", Value.TimestampValue.of(Instant.parse("2026-01-01T00:00:00.123Z")))
        .put("updated_at", Value.TimestampValue.of(Instant.parse("2026-01-01T00:00:00.123456Z")))
        .put("paid", Value.of(true))
        .build();
  }
}
