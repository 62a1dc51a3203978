package io.millrace.cdc.outbox;

import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.internal.Check;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an application says about one entity. Immutable; {@link EntityType} makes it.
 *
 * @param entity logical name
 * @param type CREATED, UPDATED, DELETED or MESSAGE
 * @param key the key's fields, in key order
 * @param before state before the change; null for CREATED and where it is not told
 * @param after state after the change; a message's content; null for DELETED
 * @param changedFields what changed: every field for CREATED, none for DELETED and MESSAGE
 * @param routingKey what the transport orders by
 * @param headers free-form, e.g. {@code traceparent}
 */
public record EntityEvent(
    String entity,
    ChangeType type,
    Row key,
    @Nullable Row before,
    @Nullable Row after,
    List<String> changedFields,
    String routingKey,
    Map<String, String> headers) {

  /** Checks what every event must have and copies what could change. */
  public EntityEvent {
    Check.notBlank(entity, "entity");
    Check.notBlank(routingKey, "routingKey");
    Check.argument(
        !entity.startsWith("millrace."),
        "names that begin with 'millrace.' are taken: '%s'",
        entity);
    Check.argument(key.size() > 0, "an event of entity '%s' needs a key", entity);
    boolean known =
        switch (type) {
          case CREATED, UPDATED, MESSAGE -> after != null;
          case DELETED -> after == null;
          case UNKNOWN, SNAPSHOT, TRUNCATED -> false;
        };
    Check.argument(known, "an event of type %s cannot be appended like this", type);
    changedFields = List.copyOf(changedFields);
    headers = Map.copyOf(headers);
  }

  /**
   * An event that is no state: it is delivered in the order of its key, and never left out because
   * of what was applied before.
   *
   * @param entity logical name
   * @param key the key's fields
   * @param content what it says
   */
  public static EntityEvent message(String entity, Row key, Row content) {
    return new EntityEvent(
        entity, ChangeType.MESSAGE, key, null, content, List.of(), route(entity, key), Map.of());
  }

  static String route(String entity, Row key) {
    return ChangeEvent.defaultRoutingKey(entity, CanonicalId.of(key));
  }

  /** The canonical id of the key. */
  public String id() {
    return CanonicalId.of(key);
  }

  /** The same with a header more. */
  public EntityEvent withHeader(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(Check.notBlank(name, "header"), value);
    return new EntityEvent(entity, type, key, before, after, changedFields, routingKey, more);
  }

  /**
   * The same under another routing key: children of an aggregate share that of its root, so that
   * they stay in order with it. Default entity and id.
   */
  public EntityEvent withRoutingKey(String other) {
    return new EntityEvent(entity, type, key, before, after, changedFields, other, headers);
  }

  /** What it is about, without the data in its rows. */
  @Override
  public String toString() {
    return type + " " + entity + "/" + id();
  }
}
