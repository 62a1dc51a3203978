package io.millrace.cdc.apply;

import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.transport.Subscriber;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collects an applier's parts. Not safe for use by several threads. */
public final class ApplierBuilder {
  private static final int MAX_NAME_BYTES = 64;

  private final String name;
  private String service = "";
  private @Nullable Subscriber subscriber;
  private @Nullable Target target;
  private Rejection rejection = Rejection.hold();
  private Unmapped unmapped = Unmapped.STOP;
  private Unreadable unreadable = Unreadable.STOP;
  private FirstOffset firstOffset = FirstOffset.OLDEST;
  private int batchSize = 500;
  private Duration maxWait = Duration.ofMillis(500);
  private Duration healthLimit = Duration.ofMinutes(1);
  private final Set<String> expectedServices = new LinkedHashSet<>();
  private Duration statusInterval = Duration.ofSeconds(5);
  private Duration startTimeout = Duration.ofSeconds(10);
  private Optional<Duration> ledgerRetention = Optional.of(Duration.ofDays(1));
  private EventCodec codec = ProtobufCodec.instance();
  private Clock clock = Ambient.clock();
  private ApplierListener listener = new ApplierListener() {};

  ApplierBuilder(String name) {
    this.name = Check.notBlank(name, "an applier's name");
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    Check.argument(
        bytes <= MAX_NAME_BYTES,
        "an applier's name has at most %s bytes, '%s' has %s",
        MAX_NAME_BYTES,
        name,
        bytes);
  }

  /** Tag of the application whose database is written. Required. */
  public ApplierBuilder service(String service) {
    this.service = Check.notBlank(service, "service");
    return this;
  }

  /** Where events come from. Required. */
  public ApplierBuilder from(Subscriber subscriber) {
    this.subscriber = Check.notNull(subscriber, "subscriber");
    return this;
  }

  /** What is written. Required. */
  public ApplierBuilder to(Target target) {
    this.target = Check.notNull(target, "target");
    return this;
  }

  /** What happens to refused events; default {@link Rejection#hold()}. */
  public ApplierBuilder onRejected(Rejection rejection) {
    this.rejection = Check.notNull(rejection, "rejection");
    return this;
  }

  /** What happens to events of entities that are not mapped; default {@link Unmapped#STOP}. */
  public ApplierBuilder unmapped(Unmapped unmapped) {
    this.unmapped = Check.notNull(unmapped, "unmapped");
    return this;
  }

  /**
   * What happens to records that cannot be read; default {@link Unreadable#STOP}. {@link
   * Unreadable#HOLD} needs {@link Rejection#hold()}.
   */
  public ApplierBuilder onUnreadable(Unreadable unreadable) {
    this.unreadable = Check.notNull(unreadable, "unreadable");
    return this;
  }

  /** Where to start in partitions never applied from; default {@link FirstOffset#OLDEST}. */
  public ApplierBuilder firstStart(FirstOffset firstOffset) {
    this.firstOffset = Check.notNull(firstOffset, "firstStart");
    return this;
  }

  /** Most events in one transaction, 1 to 10,000; default 500. */
  public ApplierBuilder batchSize(int batchSize) {
    Check.argument(
        batchSize >= 1 && batchSize <= 10_000, "batchSize must be 1 to 10000, got %s", batchSize);
    this.batchSize = batchSize;
    return this;
  }

  /** Longest wait for events before held ones are looked at again; default 500 ms. */
  public ApplierBuilder maxWait(Duration maxWait) {
    this.maxWait = positive(maxWait, "maxWait");
    return this;
  }

  private static Duration positive(Duration duration, String name) {
    Check.argument(
        !duration.isNegative() && !duration.isZero(),
        "%s must be positive, got %s",
        name,
        duration);
    return duration;
  }

  /**
   * How old the newest heartbeat of a pipeline may be before the status says unhealthy, and how
   * long the applier may be busy with one batch; default 1 min. It is compared with the clock of
   * the machine on which the heartbeat was written, so it must be larger than what clocks differ.
   */
  public ApplierBuilder healthLimit(Duration limit) {
    this.healthLimit = positive(limit, "healthLimit");
    return this;
  }

  /**
   * Services whose heartbeats must come: without one within the limit the status says unhealthy,
   * though nothing was ever heard of them. Pipelines that were heard of since the start are
   * expected anyway. An instance that shares its group with others may be given no partition: name
   * nothing there.
   */
  public ApplierBuilder expectHeartbeatsFrom(String... services) {
    for (String expected : services) {
      this.expectedServices.add(Check.notBlank(expected, "service"));
    }
    return this;
  }

  /** How often {@link ApplierListener#status} is called; default 5 s. */
  public ApplierBuilder statusInterval(Duration interval) {
    this.statusInterval = positive(interval, "statusInterval");
    return this;
  }

  /**
   * How long {@link Applier#start()} waits for its look at both ends, and so how soon a server must
   * answer for an impossible configuration to be thrown there; default 10 s.
   */
  public ApplierBuilder startTimeout(Duration timeout) {
    this.startTimeout = positive(timeout, "startTimeout");
    return this;
  }

  /**
   * How long the ledger remembers deleted keys at least; default 1 day. After that a key's rows are
   * removed once heartbeats have shown that nothing of it can come again. Must be longer than a
   * process that publishes may hang and then go on.
   */
  public ApplierBuilder ledgerRetention(Duration retention) {
    this.ledgerRetention = Optional.of(positive(retention, "ledgerRetention"));
    return this;
  }

  /** The ledger remembers deleted keys for ever. */
  public ApplierBuilder keepLedger() {
    this.ledgerRetention = Optional.empty();
    return this;
  }

  /** How events are read from bytes; default {@link ProtobufCodec}. */
  public ApplierBuilder codec(EventCodec codec) {
    this.codec = Check.notNull(codec, "codec");
    return this;
  }

  /** What time it is; decides when held keys are parked. Default the system's. */
  public ApplierBuilder clock(Clock clock) {
    this.clock = Check.notNull(clock, "clock");
    return this;
  }

  /** Told what happens; default nobody. */
  public ApplierBuilder listener(ApplierListener listener) {
    this.listener = Check.notNull(listener, "listener");
    return this;
  }

  /** The applier. Fails with {@link ConfigurationException} naming all that is missing. */
  public Applier build() {
    List<String> problems = new ArrayList<>();
    if (service.isEmpty()) {
      problems.add("service is missing: call service(\"<tag of the application>\")");
    }
    if (subscriber == null) {
      problems.add("there is nothing to read from: call from(subscriber)");
    }
    if (target == null) {
      problems.add("there is nothing to write to: call to(target)");
    }
    if (unreadable == Unreadable.HOLD && rejection.action() == Rejection.Action.STOP) {
      problems.add(
          "onUnreadable(HOLD) keeps records and onRejected(Rejection.stop()) keeps none: choose one way");
    }
    if (!problems.isEmpty() || subscriber == null || target == null) {
      throw new ConfigurationException("applier '" + name + "'", problems);
    }
    return new Applier(
        new ApplierConfig(
            name,
            service,
            subscriber,
            target,
            rejection,
            unmapped,
            unreadable,
            firstOffset,
            batchSize,
            maxWait,
            healthLimit,
            Set.copyOf(expectedServices),
            statusInterval,
            startTimeout,
            ledgerRetention,
            codec,
            clock,
            listener));
  }
}
