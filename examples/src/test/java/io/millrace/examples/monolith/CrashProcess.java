package io.millrace.examples.monolith;

import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.kafka.KafkaTransport;
import java.time.Duration;

/**
 * {@link SyncProcess} in the hands of a test: it dies where it is told to, and a control can break
 * one rule. After the arguments of {@link SyncProcess} come {@code fuse=…} or the name of a {@link
 * BrokenRule}.
 */
final class CrashProcess {
  private static final int OWN_ARGUMENTS = 9;

  private CrashProcess() {}

  public static void main(String[] arguments) throws Exception {
    Fuse fuse = Fuse.none();
    BrokenRule broken = BrokenRule.NONE;
    for (int i = OWN_ARGUMENTS; i < arguments.length; i++) {
      if (arguments[i].startsWith("fuse=")) {
        fuse = Fuse.parse(arguments[i].substring("fuse=".length()));
      } else {
        broken = BrokenRule.valueOf(arguments[i]);
      }
    }
    Fuse burning = fuse;
    BrokenRule rule = broken;
    String bootstrapServers = arguments[6];
    String topic = arguments[7];
    SyncProcess.run(
        arguments,
        (parts, listener) ->
            sync(
                CrashingParts.of(
                    rule.in(withShortSession(parts, bootstrapServers, topic)), burning),
                listener));
  }

  /** Everything that waits for the end of a dead instance waits for a short time. */
  private static Sync sync(Sync.Parts parts, ApplierListener listener) {
    return new Sync(
        parts.database(),
        Sync.pipeline(parts)
            .leaseDuration(Duration.ofMillis(1500))
            .saveInterval(Duration.ofMillis(150))
            .build(),
        Sync.applier(parts, listener)
            .batchSize(100)
            .maxWait(Duration.ofMillis(200))
            .onRejected(Rejection.hold().retryEvery(Duration.ofMillis(300)))
            .build());
  }

  private static Sync.Parts withShortSession(
      Sync.Parts parts, String bootstrapServers, String topic) {
    KafkaTransport kafka =
        KafkaTransport.builder()
            .bootstrapServers(bootstrapServers)
            .topic(topic)
            .singleBroker()
            .property("session.timeout.ms", "3000")
            .property("heartbeat.interval.ms", "700")
            .build();
    return new Sync.Parts(
        parts.side(),
        parts.database(),
        parts.source(),
        parts.publisher(),
        parts.positions(),
        kafka.subscriber(parts.side()),
        parts.target());
  }
}
