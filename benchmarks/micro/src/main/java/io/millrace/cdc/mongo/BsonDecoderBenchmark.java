package io.millrace.cdc.mongo;

import io.millrace.cdc.event.Row;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import org.bson.Document;
import org.bson.RawBsonDocument;
import org.bson.codecs.DocumentCodec;
import org.bson.types.Decimal128;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A document of six fields, from its bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BsonDecoderBenchmark {
  private final BsonDecoder decoder = new BsonDecoder();
  private final byte[] bytes = encoded();

  /** All of it. */
  @Benchmark
  public Row document() {
    return decoder.row(bytes, 0);
  }

  private static byte[] encoded() {
    Document document =
        new Document("_id", 7L)
            .append("customer", 42L)
            .append("status", "open")
            .append("total", Decimal128.parse("12.34"))
            .append("note", "a note of some length for order 7")
            .append("placed", Date.from(Instant.parse("2026-01-01T00:00:00.123Z")));
    return new RawBsonDocument(document, new DocumentCodec()).getByteBuffer().array();
  }
}
