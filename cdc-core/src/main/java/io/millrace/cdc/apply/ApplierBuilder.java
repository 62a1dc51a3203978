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
import java.util.List;
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
  private FirstOffset firstOffset = FirstOffset.OLDEST;
  private int batchSize = 500;
  private Duration maxWait = Duration.ofMillis(500);
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
    Check.argument(
        !maxWait.isNegative() && !maxWait.isZero(), "maxWait must be positive, got %s", maxWait);
    this.maxWait = maxWait;
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
            firstOffset,
            batchSize,
            maxWait,
            codec,
            clock,
            listener));
  }
}
