package io.millrace.cdc.mongo;

import com.mongodb.client.MongoClient;
import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Writes to collections of one MongoDB database (replica set, server 4.4 and later), where this
 * library's own collections are too ({@code millrace_…}). One multi-document transaction per batch,
 * with majority write concern. Immutable.
 *
 * <p>Transactions of MongoDB do not wait for each other: one that meets a document which somebody
 * else is writing is undone and begins anew. A document that the application writes all the time
 * makes the applier slow.
 */
public final class MongoTarget implements Target {
  private final TargetSite site;
  private final Map<String, CollectionMapping> mappings;
  private final List<Nesting> nestings;

  private MongoTarget(Builder builder) {
    this.site =
        TargetSite.of(
            builder.client, builder.database, builder.timeout, builder.clock, Ambient.random());
    this.mappings = new LinkedHashMap<>(builder.mappings);
    this.nestings = List.copyOf(builder.nestings);
  }

  /**
   * A builder.
   *
   * @param client connected to the replica set; its user needs {@code find}, {@code insert}, {@code
   *     update} and {@code remove} on the mapped collections and this library's own. Stays the
   *     caller's to close.
   * @param database the database that is written
   */
  public static Builder builder(MongoClient client, String database) {
    return new Builder(Check.notNull(client, "client"), Check.notBlank(database, "database"));
  }

  @Override
  public String describe() {
    return site + " " + mappings.keySet();
  }

  @Override
  public @Nullable EntityMode mode(String entity) {
    CollectionMapping mapping = mappings.get(entity);
    return mapping == null ? null : mapping.mode();
  }

  @Override
  public List<String> ddl() {
    return OwnCollections.ddl(site.database());
  }

  @Override
  public TargetSession open(String applier) {
    return MongoSession.open(applier, site, mappings, nestings);
  }

  @Override
  public String toString() {
    return describe();
  }

  /** Collects mappings. Not safe for use by several threads. */
  public static final class Builder {
    private static final int MAX_ENTITY_BYTES = 128;
    private static final Duration LONGEST_TIMEOUT = Duration.ofDays(1);

    private final MongoClient client;
    private final String database;
    private final Map<String, CollectionMapping> mappings = new LinkedHashMap<>();
    private final List<Nesting> nestings = new ArrayList<>();
    private Duration timeout = Duration.ofMinutes(2);
    private Clock clock = Ambient.clock();

    private Builder(MongoClient client, String database) {
      this.client = client;
      this.database = database;
    }

    /**
     * How long to wait for the answer to a request before the target counts as away; 1 ms to 1 day,
     * default 2 minutes.
     */
    public Builder timeout(Duration timeout) {
      Check.argument(
          timeout.toMillis() >= 1 && timeout.compareTo(LONGEST_TIMEOUT) <= 0,
          "timeout must be from 1 ms to 1 day, got %s",
          timeout);
      this.timeout = timeout;
      return this;
    }

    /** For tests: the clock that marks and notes are told by; default the system's. */
    public Builder clock(Clock clock) {
      this.clock = Check.notNull(clock, "clock");
      return this;
    }

    /** The collection's documents belong to the source, as a whole. */
    public Builder mirror(String entity, String collection) {
      return mirror(entity, collection, m -> m);
    }

    /** The collection's documents belong to the source. */
    public Builder mirror(
        String entity, String collection, UnaryOperator<DocumentMapping> mapping) {
      return collection(entity, EntityMode.MIRROR, collection, mapping);
    }

    /**
     * Both sides write the collection; the mapping must name the fields, since ignored ones are no
     * part of a shared entity. Only what changed is written.
     */
    public Builder shared(
        String entity, String collection, UnaryOperator<DocumentMapping> mapping) {
      return collection(entity, EntityMode.SHARED, collection, mapping);
    }

    /**
     * Where the child is mapped to its parent's collection, its rows are the elements of the list
     * in the parent's document ({@link Nesting#field()}, or where the parent's mapping says that
     * field goes); the child's key then has to hold its parent's, and its fields are mapped to the
     * element's. Where it is mapped to another collection, the list goes to documents of that.
     * Parent and child are mapped in the same mode. Elements keep their places, new ones go to the
     * end.
     */
    public Builder nest(Nesting nesting) {
      nestings.add(Check.notNull(nesting, "nesting"));
      return this;
    }

    /** Events of the entity are skipped on purpose. */
    public Builder ignore(String entity) {
      return add(CollectionMapping.ignored(entity));
    }

    /**
     * Calls a handler for every event of an entity, on the applier's thread and at least once per
     * event; an exception of the handler holds the event's key. The server ends a transaction after
     * a minute, and so a handler that takes as long never succeeds.
     */
    public Builder handle(String entity, Consumer<ChangeEvent> handler) {
      return add(CollectionMapping.handled(entity, Check.notNull(handler, "handler")));
    }

    private Builder collection(
        String entity, EntityMode mode, String collection, UnaryOperator<DocumentMapping> mapping) {
      Check.notBlank(collection, "collection");
      Check.argument(
          !collection.startsWith("millrace_") && !collection.startsWith("system."),
          "collection '%s' is not for an application's documents",
          collection);
      CollectionMapping made =
          CollectionMapping.of(entity, mode, collection, mapping.apply(new DocumentMapping()));
      Check.argument(
          mode != EntityMode.SHARED || made.explicit(),
          "shared entity '%s' must name its fields: m -> m.rename(\"id\", \"_id\").fields(…)",
          entity);
      return add(made);
    }

    private Builder add(CollectionMapping mapping) {
      Check.notBlank(mapping.entity(), "entity");
      int bytes = mapping.entity().getBytes(StandardCharsets.UTF_8).length;
      Check.argument(
          bytes <= MAX_ENTITY_BYTES,
          "an entity's name has at most %s bytes, '%s' has %s",
          MAX_ENTITY_BYTES,
          mapping.entity(),
          bytes);
      Check.argument(
          !mappings.containsKey(mapping.entity()), "entity '%s' is mapped twice", mapping.entity());
      mappings.put(mapping.entity(), mapping);
      return this;
    }

    /** The target. */
    public MongoTarget build() {
      Check.argument(!mappings.isEmpty(), "a target maps at least one entity");
      return new MongoTarget(this);
    }
  }
}
