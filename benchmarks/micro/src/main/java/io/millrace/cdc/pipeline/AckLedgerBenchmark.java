package io.millrace.cdc.pipeline;

import io.millrace.benchmarks.micro.ProtobufBenchmark;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.transport.PublishCallback;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A batch of a thousand events is expected, acknowledged and passed; per event. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AckLedgerBenchmark {
  private static final int BATCH = 1000;

  private final AckLedger ledger = new AckLedger();
  private final ChangeEvent event = ProtobufBenchmark.update(7);
  private final Position position = new Position("benchmark", 1, "here");
  private final PublishCallback[] callbacks = new PublishCallback[BATCH];

  /** Acknowledged in the order of sending. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public @Nullable Position acknowledged() {
    AckLedger.Batch batch = ledger.open();
    for (int i = 0; i < BATCH; i++) {
      callbacks[i] = batch.expect(event, 300);
    }
    batch.seal(position);
    for (PublishCallback callback : callbacks) {
      callback.acknowledged();
    }
    return ledger.advance();
  }
}
