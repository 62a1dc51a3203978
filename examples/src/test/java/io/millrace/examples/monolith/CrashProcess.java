package io.millrace.examples.monolith;

import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.kafka.KafkaTransport;
import java.time.Duration;

/**
 * {@link SyncProcess} in the hands of a test: it dies where it is told to, and a control can break
 * one rule. After the arguments of {@link SyncProcess} come {@code fuse=…}, {@link #STANDBY} or the
 * name of a {@link BrokenRule}.
 */
final class CrashProcess {
  /** Says that this is a side's second instance. */
  static final String STANDBY = "standby";

  private CrashProcess() {}

  public static void main(String[] arguments) throws Exception {
    Fuse fuse = Fuse.none();
    boolean standby = false;
    BrokenRule broken = BrokenRule.NONE;
    for (int i = SyncProcess.ARGUMENTS; i < arguments.length; i++) {
      if (arguments[i].startsWith("fuse=")) {
        fuse = Fuse.parse(arguments[i].substring("fuse=".length()));
      } else if (arguments[i].equals(STANDBY)) {
        standby = true;
      } else {
        broken = BrokenRule.valueOf(arguments[i]);
      }
    }
    Fuse burning = fuse;
    BrokenRule rule = broken;
    KafkaTransport.Builder kafka =
        KafkaTransport.builder().bootstrapServers(arguments[7]).topic(arguments[8]).singleBroker();
    if (!standby) {
      // A member that comes back under its name need not wait for the end of the dead one's
      // session.
      kafka.property("group.instance.id", arguments[0]);
    }
    SyncProcess.run(
        arguments,
        (parts, listener) ->
            sync(CrashingParts.of(rule.in(withShortSession(parts, kafka)), burning), listener));
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

  private static Sync.Parts withShortSession(Sync.Parts parts, KafkaTransport.Builder kafka) {
    kafka.property("session.timeout.ms", "3000").property("heartbeat.interval.ms", "700");
    return new Sync.Parts(
        parts.side(),
        parts.database(),
        parts.source(),
        parts.publisher(),
        parts.positions(),
        kafka.build().subscriber(parts.side()),
        parts.target());
  }
}
