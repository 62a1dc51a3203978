package io.millrace.cdc.mongo;

import com.mongodb.client.MongoClient;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.outbox.OutboxOptions;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Captures collections of one MongoDB database (replica set, server 4.4 and later) from its change
 * stream. Immutable; safe for use by several threads.
 *
 * <p>An event of a document holds its top-level fields; nested documents and arrays are values of
 * their own kind. {@code changed_fields} are dotted paths, but what changes inside an array is
 * reported as the whole top-level field. After an update, the state is what stands in the
 * collection when the change is read, which may be newer (a later event follows) or gone (the event
 * then holds only what the update set, and says that it is partial); with {@link
 * CollectionOptions#oldState()} (server 6.0) both states are exact. A composite {@code _id} becomes
 * one key field per part, {@code _id.part}.
 */
public final class MongoSource implements Source {
  private final MongoSettings settings;

  /** Readers to wake up; one that its pipeline forgot to close goes by itself. */
  private final Set<MongoReader> readers =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private MongoSource(MongoSettings settings) {
    this.settings = settings;
  }

  /**
   * A builder.
   *
   * @param client connected to the replica set; its user needs {@code find} and {@code
   *     changeStream} on the database, and to write {@code millrace_registration}, {@code
   *     millrace_reader} and {@code millrace_heartbeat}. Stays the caller's to close.
   * @param database the database whose collections are captured
   */
  public static Builder builder(MongoClient client, String database) {
    return new Builder(Check.notNull(client, "client"), Check.notBlank(database, "database"));
  }

  @Override
  public String service() {
    return settings.service();
  }

  @Override
  public String describe() {
    return settings.address()
        + settings.collections().stream()
            .map(CapturedCollection::name)
            .collect(Collectors.joining(", ", " (", ")"));
  }

  /** The collection that names this log; install it once. */
  public MongoRegistration registration() {
    return new MongoRegistration(settings);
  }

  /**
   * Where the application appends what this source publishes beside the captured collections. It
   * refuses states of entities that are captured; where the application has no source at hand,
   * {@link MongoOutbox#in} is the same without that.
   *
   * @throws IllegalStateException where the builder's {@link Builder#outbox()} was not called, so
   *     that nothing would be published
   */
  public MongoOutbox outbox() {
    return new MongoOutbox(
        settings.db(), CapturedStates.required(settings.outbox(), service()), settings.clock());
  }

  @Override
  public List<Finding> preflight() {
    return new MongoPreflight(settings).run();
  }

  @Override
  public SourceReader open(ReaderStart start) {
    MongoReader reader = new ReaderOpening(settings, start).open();
    readers.add(reader);
    return reader;
  }

  @Override
  public boolean beat(Heartbeat heartbeat) {
    return new HeartbeatDocuments(settings).write(heartbeat);
  }

  @Override
  public void wakeUp() {
    synchronized (readers) {
      readers.forEach(MongoReader::wakeUp);
    }
  }

  @Override
  public String toString() {
    return describe();
  }

  /**
   * Collects what a source needs; {@link #build()} names everything that is missing. Not
   * thread-safe.
   */
  public static final class Builder {
    private static final int LONGEST_SERVICE = 55;
    private static final Duration DEFAULT_OUTAGE = Duration.ofHours(24);

    private final MongoClient client;
    private final String database;
    private final List<CapturedCollection> collections = new ArrayList<>();
    private String service = "";
    private @Nullable OutboxOptions outbox;
    private Duration outage = DEFAULT_OUTAGE;
    private Clock clock = Ambient.clock();
    private RandomGenerator random = Ambient.random();

    private Builder(MongoClient client, String database) {
      this.client = client;
      this.database = database;
    }

    /** Tag of the application whose database this is; required, at most 55 bytes of UTF-8. */
    public Builder service(String tag) {
      service = Check.notBlank(tag, "service");
      Check.argument(
          tag.getBytes(StandardCharsets.UTF_8).length <= LONGEST_SERVICE,
          "service must have at most 55 bytes of UTF-8, got '%s'",
          tag);
      return this;
    }

    /** Captures a collection under its own name. */
    public Builder capture(String collection) {
      return capture(collection, options -> options);
    }

    /** Captures a collection; at least one is required. */
    public Builder capture(String collection, UnaryOperator<CollectionOptions> options) {
      collections.add(
          options
              .apply(new CollectionOptions(Check.notBlank(collection, "collection")))
              .toCollection());
      return this;
    }

    /**
     * Publishes what the application appends with {@link MongoOutbox}; {@link
     * MongoRegistration#install()} makes its collection, which gives up what is older than a week.
     * Default: nothing is.
     */
    public Builder outbox() {
      return outbox(options -> options);
    }

    /** Publishes what the application appends, see {@link #outbox()}, with options. */
    public Builder outbox(UnaryOperator<OutboxOptions> options) {
      outbox = options.apply(new OutboxOptions());
      return this;
    }

    private List<String> entities() {
      return collections.stream().map(CapturedCollection::entity).toList();
    }

    /**
     * The longest time that nothing reads, which the oplog must bridge; preflight compares it with
     * what the oplog holds. Default 24 hours.
     */
    public Builder longestOutage(Duration longest) {
      Check.argument(!longest.isNegative(), "longestOutage must not be negative, got %s", longest);
      outage = longest;
      return this;
    }

    /** For tests: the clock that epochs and lags are told by; default the system's. */
    public Builder clock(Clock source) {
      clock = Check.notNull(source, "clock");
      return this;
    }

    /** For tests: where names are drawn from; default a random one. */
    public Builder random(RandomGenerator source) {
      random = Check.notNull(source, "random");
      return this;
    }

    /**
     * The source.
     *
     * @throws ConfigurationException naming everything that is missing or does not fit together
     */
    public MongoSource build() {
      List<String> problems = new ArrayList<>();
      if (service.isEmpty()) {
        problems.add("service is missing: call service(…)");
      }
      if (outbox != null) {
        problems.addAll(outbox.problems(entities()));
      } else if (collections.isEmpty()) {
        problems.add("nothing is captured: call capture(\"collection\") or outbox()");
      }
      Set<String> names = new HashSet<>();
      Set<String> entities = new HashSet<>();
      for (CapturedCollection collection : collections) {
        if (!names.add(collection.name())) {
          problems.add("collection " + collection.name() + " is captured twice");
        }
        if (!entities.add(collection.entity())) {
          problems.add(
              "entity '"
                  + collection.entity()
                  + "' stands for two collections: name one with entity(…)");
        }
        if (collection.name().startsWith("millrace_") || collection.name().startsWith("system.")) {
          problems.add("collection " + collection.name() + " cannot be captured");
        }
      }
      if (!problems.isEmpty()) {
        throw new ConfigurationException("MongoDB source of service '" + service + "'", problems);
      }
      return new MongoSource(
          new MongoSettings(
              client,
              database,
              service,
              List.copyOf(collections),
              Optional.ofNullable(outbox).map(o -> o.capturedStates(entities())),
              outage,
              clock,
              random));
    }
  }
}
