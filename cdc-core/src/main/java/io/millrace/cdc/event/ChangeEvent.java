package io.millrace.cdc.event;

import io.millrace.cdc.internal.Check;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One committed change of one entity, in the contract's form. Immutable; make one with {@link
 * #builder()}.
 *
 * @param id canonical text of the key; empty for TRUNCATED
 * @param type what happened
 * @param newValue whole state after the change; null for DELETED and TRUNCATED
 * @param changedFields what changed: every field of {@code newValue} for CREATED, empty for DELETED
 * @param source tag of the service in which the change was first made
 * @param changedAt when it happened at the source
 * @param entity logical name of the table or collection
 * @param oldValue state before the change where the source knows it
 * @param key the key with its types, in key order
 * @param previousKey of a key change: the other key (the new one on the DELETED, the old one on the
 *     CREATED)
 * @param routingKey what the transport orders by
 * @param log the log that numbers the version
 * @param version where the change stands in its log
 * @param transactionId the source's transaction, unique within log and epoch
 * @param hops how many appliers' transactions it is away from a local write; 0 is a local write
 * @param headers free-form, e.g. {@code traceparent}
 * @param schema fingerprint of the table's columns when the change was read; empty where there is
 *     none
 */
public record ChangeEvent(
    String id,
    ChangeType type,
    @Nullable Row newValue,
    List<String> changedFields,
    String source,
    Instant changedAt,
    String entity,
    @Nullable Row oldValue,
    Row key,
    @Nullable Row previousKey,
    String routingKey,
    String log,
    Version version,
    String transactionId,
    int hops,
    Map<String, String> headers,
    String schema) {

  /** Checks what every event must have and copies what could change. */
  public ChangeEvent {
    if (entity.isEmpty() || source.isEmpty() || log.isEmpty() || hops < 0) {
      Check.argument(!entity.isEmpty(), "an event needs an entity");
      Check.argument(
          !source.isEmpty(), "an event of entity '%s' needs a source (the service's tag)", entity);
      Check.argument(!log.isEmpty(), "an event of entity '%s' needs the name of its log", entity);
      Check.argument(false, "hops must not be negative, got %s", hops);
    }
    changedFields = List.copyOf(changedFields);
    headers = Map.copyOf(headers);
  }

  /** Deterministic: the same change read twice has the same event id. */
  public String eventId() {
    return log + ":" + version.toHex();
  }

  /** The routing key used where none was chosen: entity and id. */
  public static String defaultRoutingKey(String entity, String id) {
    return entity + "/" + id;
  }

  /** An empty builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that starts with this event's content. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** What it is about, without the data in its rows. */
  @Override
  public String toString() {
    return type
        + " "
        + entity
        + "/"
        + id
        + " "
        + log
        + ":"
        + version
        + (hops == 0 ? "" : " hops=" + hops)
        + " from "
        + source;
  }

  /** Collects an event's parts. Not safe for use by several threads. */
  public static final class Builder {
    private @Nullable String id;
    private ChangeType type = ChangeType.UNKNOWN;
    private @Nullable Row newValue;
    private List<String> changedFields = List.of();
    private String source = "";
    private Instant changedAt = Instant.EPOCH;
    private String entity = "";
    private @Nullable Row oldValue;
    private Row key = Row.empty();
    private @Nullable Row previousKey;
    private @Nullable String routingKey;
    private String log = "";
    private @Nullable Version version;
    private String transactionId = "";
    private int hops;
    private Map<String, String> headers = Map.of();
    private String schema = "";

    private Builder() {}

    private Builder(ChangeEvent event) {
      id = event.id;
      type = event.type;
      newValue = event.newValue;
      changedFields = event.changedFields;
      source = event.source;
      changedAt = event.changedAt;
      entity = event.entity;
      oldValue = event.oldValue;
      key = event.key;
      previousKey = event.previousKey;
      routingKey = event.routingKey;
      log = event.log;
      version = event.version;
      transactionId = event.transactionId;
      hops = event.hops;
      headers = event.headers;
      schema = event.schema;
    }

    /** The id; default {@link CanonicalId#of} the key. */
    public Builder id(String id) {
      this.id = id;
      return this;
    }

    /** What happened. */
    public Builder type(ChangeType type) {
      this.type = type;
      return this;
    }

    /** State after the change, or null. */
    public Builder newValue(@Nullable Row newValue) {
      this.newValue = newValue;
      return this;
    }

    /** What changed. */
    public Builder changedFields(List<String> changedFields) {
      this.changedFields = changedFields;
      return this;
    }

    /** Tag of the service in which the change was first made. */
    public Builder source(String source) {
      this.source = source;
      return this;
    }

    /** When it happened at the source. */
    public Builder changedAt(Instant changedAt) {
      this.changedAt = changedAt;
      return this;
    }

    /** Logical name of the table or collection. */
    public Builder entity(String entity) {
      this.entity = entity;
      return this;
    }

    /** State before the change, or null. */
    public Builder oldValue(@Nullable Row oldValue) {
      this.oldValue = oldValue;
      return this;
    }

    /** The key with its types, in key order. */
    public Builder key(Row key) {
      this.key = key;
      return this;
    }

    /** The other key of a key change, or null. */
    public Builder previousKey(@Nullable Row previousKey) {
      this.previousKey = previousKey;
      return this;
    }

    /** What the transport orders by; default {@link ChangeEvent#defaultRoutingKey}. */
    public Builder routingKey(String routingKey) {
      this.routingKey = routingKey;
      return this;
    }

    /** The log that numbers the version. */
    public Builder log(String log) {
      this.log = log;
      return this;
    }

    /** Where the change stands in its log. */
    public Builder version(Version version) {
      this.version = version;
      return this;
    }

    /** The source's transaction. */
    public Builder transactionId(String transactionId) {
      this.transactionId = transactionId;
      return this;
    }

    /** How many appliers' transactions it is away from a local write. */
    public Builder hops(int hops) {
      this.hops = hops;
      return this;
    }

    /** Free-form headers. */
    public Builder headers(Map<String, String> headers) {
      this.headers = headers;
      return this;
    }

    /** Fingerprint of the table's columns. */
    public Builder schema(String schema) {
      this.schema = schema;
      return this;
    }

    /** The event. */
    public ChangeEvent build() {
      String builtId = id != null ? id : CanonicalId.of(key);
      String builtRoutingKey = routingKey != null ? routingKey : defaultRoutingKey(entity, builtId);
      return new ChangeEvent(
          builtId,
          type,
          newValue,
          changedFields,
          source,
          changedAt,
          entity,
          oldValue,
          key,
          previousKey,
          builtRoutingKey,
          log,
          Check.notNull(version, "version"),
          transactionId,
          hops,
          headers,
          schema);
    }
  }
}
