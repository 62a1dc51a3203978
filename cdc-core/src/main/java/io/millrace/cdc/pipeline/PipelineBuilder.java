package io.millrace.cdc.pipeline;

import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.transport.Publisher;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Collects a pipeline's settings; {@link #build()} checks them. Not safe for use by several
 * threads.
 *
 * <p>Required: {@link #from}, {@link #to}, {@link #positions}, {@link #firstStart}.
 */
public final class PipelineBuilder {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  private final String name;
  private @Nullable Source source;
  private @Nullable Publisher publisher;
  private @Nullable PositionStore positions;
  private @Nullable FirstStart firstStart;
  private LostPosition lostPosition = LostPosition.STOP;
  private Unpublishable unpublishable = Unpublishable.hold();
  private EventCodec codec = ProtobufCodec.instance();
  private @Nullable Predicate<ChangeEvent> filter;
  private @Nullable UnaryOperator<ChangeEvent> transform;
  private @Nullable Function<ChangeEvent, String> routing;
  private int hopLimit = 8;
  private int maxInFlightEvents = 10_000;
  private long maxInFlightBytes = 32L * 1024 * 1024;
  private Duration saveInterval = Duration.ofSeconds(1);
  private Duration leaseDuration = Duration.ofSeconds(10);
  private Duration retryMin = Duration.ofMillis(200);
  private Duration retryMax = Duration.ofSeconds(30);
  private Duration healthLimit = Duration.ofMinutes(1);
  private Duration heartbeatInterval = Duration.ofSeconds(5);
  private Duration startTimeout = Duration.ofSeconds(10);
  private Duration closeTimeout = Duration.ofSeconds(20);
  private Clock clock = Ambient.clock();
  private PipelineListener listener = PipelineListener.none();
  private String owner = "pid " + ProcessHandle.current().pid() + " instance " + UUID.randomUUID();

  PipelineBuilder(String name) {
    Check.argument(
        NAME.matcher(Check.notNull(name, "name")).matches(),
        "a pipeline's name is 1 to 100 letters, digits, dots, underscores or hyphens, got '%s'",
        name);
    this.name = name;
  }

  /** What to read. Required. */
  public PipelineBuilder from(Source source) {
    this.source = Check.notNull(source, "source");
    return this;
  }

  /** Where to publish; the pipeline closes it. Required. */
  public PipelineBuilder to(Publisher publisher) {
    this.publisher = Check.notNull(publisher, "publisher");
    return this;
  }

  /** Where position and lease are kept; the pipeline closes it. Required. */
  public PipelineBuilder positions(PositionStore positions) {
    this.positions = Check.notNull(positions, "positions");
    return this;
  }

  /** Where the very first run starts. Required: the difference is lost changes or a flood. */
  public PipelineBuilder firstStart(FirstStart firstStart) {
    this.firstStart = Check.notNull(firstStart, "firstStart");
    return this;
  }

  /** What to do when the position is lost; default {@link LostPosition#STOP}. */
  public PipelineBuilder lostPosition(LostPosition policy) {
    this.lostPosition = Check.notNull(policy, "lostPosition");
    return this;
  }

  /**
   * What to do with an event that the transport can never carry, the codec cannot express or the
   * {@link #hopLimit} forbids; default {@link Unpublishable#hold()}, as an {@code Applier} does:
   * one large value must not keep all other changes from their readers, and the status is unhealthy
   * until somebody has looked. The position store must be able to keep such events; {@code
   * JdbcPositions} and {@code FilePositions} are.
   */
  public PipelineBuilder onUnpublishable(Unpublishable policy) {
    this.unpublishable = Check.notNull(policy, "onUnpublishable");
    return this;
  }

  /**
   * How events become bytes; default {@link ProtobufCodec}. An event that it refuses is held, see
   * {@link #onUnpublishable}.
   */
  public PipelineBuilder codec(EventCodec codec) {
    this.codec = Check.notNull(codec, "codec");
    return this;
  }

  /**
   * Which events to publish; default all. Must be a pure function.
   *
   * <p>An update is judged twice, with the state before and after it as {@code newValue}: a row
   * that leaves the filter is published as DELETED, one that enters as CREATED. A delete is judged
   * by the state before it. Of a key change whose row leaves or enters, one event is left, and it
   * names no other key. TRUNCATED and MESSAGE are judged as they are; {@code newValue} may be null
   * then.
   */
  public PipelineBuilder filter(Predicate<ChangeEvent> filter) {
    this.filter = Check.notNull(filter, "filter");
    return this;
  }

  /**
   * Changes events before they are published; default none. Must be a pure function that keeps log,
   * version and hops, and never gives null.
   */
  public PipelineBuilder transform(UnaryOperator<ChangeEvent> transform) {
    this.transform = Check.notNull(transform, "transform");
    return this;
  }

  /**
   * What the transport orders by; default the event's own routing key (entity and id). Must be a
   * pure function that gives all events of one entity and id the same text, or their order is lost.
   */
  public PipelineBuilder routing(Function<ChangeEvent, String> routing) {
    this.routing = Check.notNull(routing, "routing");
    return this;
  }

  /**
   * An event that came through this many appliers' transactions is held, since sites that answer
   * each other's changes never end; at least 1; default 8. What is held for this is published by
   * {@link Pipeline#replay} only, also after the limit was raised. {@link Unpublishable#stop()}
   * stops the pipeline instead.
   */
  public PipelineBuilder hopLimit(int hops) {
    Check.argument(hops >= 1, "hopLimit must be at least 1, got %s", hops);
    this.hopLimit = hops;
    return this;
  }

  /** How many events may be published and not acknowledged; at least 1; default 10,000. */
  public PipelineBuilder maxInFlightEvents(int events) {
    Check.argument(events >= 1, "maxInFlightEvents must be at least 1, got %s", events);
    this.maxInFlightEvents = events;
    return this;
  }

  /**
   * How many bytes may be published and not acknowledged; at least 1; default 32 MiB. One larger
   * event goes alone.
   */
  public PipelineBuilder maxInFlightBytes(long bytes) {
    Check.argument(bytes >= 1, "maxInFlightBytes must be at least 1, got %s", bytes);
    this.maxInFlightBytes = bytes;
    return this;
  }

  /**
   * How often the position is saved while events flow; default 1 s. What was published since the
   * last save is published again after a crash.
   */
  public PipelineBuilder saveInterval(Duration interval) {
    this.saveInterval = positive(interval, "saveInterval");
    return this;
  }

  /**
   * How long another instance waits after this one has died; at least 1 s; default 10 s. Renewed
   * after a third of it.
   */
  public PipelineBuilder leaseDuration(Duration duration) {
    Check.argument(
        duration.compareTo(Duration.ofSeconds(1)) >= 0,
        "leaseDuration must be at least PT1S, got %s",
        duration);
    this.leaseDuration = duration;
    return this;
  }

  /** Shortest and longest pause before something is tried again; default 200 ms and 30 s. */
  public PipelineBuilder retryBackoff(Duration shortest, Duration longest) {
    this.retryMin = positive(shortest, "shortest pause");
    this.retryMax = positive(longest, "longest pause");
    return this;
  }

  /**
   * How long a heartbeat may take from the database through the reader to the transport's
   * acknowledgement before the status says unhealthy; default 1 min; longer than {@link
   * #heartbeatInterval}. Where the source has no place for heartbeats: how long nothing need move
   * while something is in flight.
   */
  public PipelineBuilder healthLimit(Duration limit) {
    this.healthLimit = positive(limit, "healthLimit");
    return this;
  }

  /**
   * How often a heartbeat is written into the captured database, and how often {@link
   * PipelineListener#status} is called; at least 10 ms; default 5 s. Each is one small transaction
   * there and one message in every partition of the channel.
   */
  public PipelineBuilder heartbeatInterval(Duration interval) {
    Check.argument(
        interval.compareTo(Duration.ofMillis(10)) >= 0,
        "heartbeatInterval must be at least PT0.01S, got %s",
        interval);
    this.heartbeatInterval = interval;
    return this;
  }

  /**
   * How long {@link Pipeline#start()} waits for its first attempt, and so how soon a server must
   * answer for an impossible configuration to be thrown there; default 10 s.
   */
  public PipelineBuilder startTimeout(Duration timeout) {
    this.startTimeout = positive(timeout, "startTimeout");
    return this;
  }

  /** How long {@link Pipeline#close()} may take; default 20 s. */
  public PipelineBuilder closeTimeout(Duration timeout) {
    this.closeTimeout = positive(timeout, "closeTimeout");
    return this;
  }

  /** Clock of the status; default the system's. Durations are measured on the monotonic clock. */
  public PipelineBuilder clock(Clock clock) {
    this.clock = Check.notNull(clock, "clock");
    return this;
  }

  /** Told what happens; default nobody. */
  public PipelineBuilder listener(PipelineListener listener) {
    this.listener = Check.notNull(listener, "listener");
    return this;
  }

  /** Who holds the lease, for people; default process id and a random instance id. */
  public PipelineBuilder owner(String owner) {
    Check.argument(
        Check.notBlank(owner, "owner").length() <= 200,
        "owner takes at most 200 characters, got %s",
        owner.length());
    this.owner = owner;
    return this;
  }

  /**
   * The pipeline; nothing is started or connected.
   *
   * @throws ConfigurationException with every problem found
   */
  public Pipeline build() {
    return new Pipeline(settings());
  }

  PipelineSettings settings() {
    List<String> problems = new ArrayList<>();
    require(problems, source, "the source is missing: from(…)");
    require(problems, publisher, "the publisher is missing: to(…)");
    require(problems, positions, "the position store is missing: positions(…)");
    require(
        problems,
        firstStart,
        "say where the very first run starts: firstStart(FirstStart.NOW) or firstStart(FirstStart.OLDEST)");
    if (retryMin.compareTo(retryMax) > 0) {
      problems.add(
          "the shortest pause %s is longer than the longest %s: retryBackoff(shortest, longest)"
              .formatted(retryMin, retryMax));
    }
    if (positions != null
        && unpublishable.action() == Unpublishable.Action.HOLD
        && positions.unpublished().isEmpty()) {
      problems.add(
          "%s cannot keep events that cannot be published: use JdbcPositions or FilePositions, or onUnpublishable(Unpublishable.stop())"
              .formatted(positions.describe()));
    }
    if (heartbeatInterval.compareTo(healthLimit) >= 0) {
      problems.add(
          "a heartbeat every %s can never be in time with a limit of %s: make healthLimit(…) longer than heartbeatInterval(…)"
              .formatted(heartbeatInterval, healthLimit));
    }
    if (source == null
        || publisher == null
        || positions == null
        || firstStart == null
        || !problems.isEmpty()) {
      throw new ConfigurationException("pipeline '" + name + "'", problems);
    }
    return new PipelineSettings(
        name,
        owner,
        source,
        publisher,
        positions,
        firstStart,
        lostPosition,
        unpublishable,
        codec,
        filter,
        transform,
        routing,
        hopLimit,
        maxInFlightEvents,
        maxInFlightBytes,
        saveInterval,
        leaseDuration,
        retryMin,
        retryMax,
        healthLimit,
        heartbeatInterval,
        startTimeout,
        closeTimeout,
        clock,
        listener);
  }

  private static void require(List<String> problems, @Nullable Object value, String problem) {
    if (value == null) {
      problems.add(problem);
    }
  }

  private static Duration positive(Duration duration, String name) {
    Check.argument(
        duration.compareTo(Duration.ZERO) > 0,
        "%s must be longer than zero, got %s",
        name,
        duration);
    return duration;
  }
}
