package io.millrace.cdc.outbox;

import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the application's objects of one kind become an entity's events: described once, used for
 * every event. Immutable; safe for use by several threads.
 *
 * <p>{@code EntityType<Order> orders = EntityType.of("order", Order.class).key("id").build();} then
 * {@code outbox.append(connection, orders.updated(before, after));}
 *
 * <p>Java's types become values of these kinds: the integers int64, {@code BigInteger} and {@code
 * BigDecimal} decimal, {@code float} and {@code double}, {@code boolean}, {@code CharSequence},
 * {@code char} and enums (their names) string, {@code byte[]} bytes, {@code LocalDate} date, {@code
 * LocalTime} and {@code Duration} time, {@code LocalDateTime} datetime, {@code Instant}, {@code
 * OffsetDateTime}, {@code ZonedDateTime} timestamp, {@code UUID}, {@code Collection}s and arrays
 * list, {@code Map}s with text keys and records document, {@code Optional} its content or null, and
 * a {@link Value} itself.
 *
 * @param <E> class of the objects
 */
public final class EntityType<E> {
  private final String entity;
  private final FieldNames names;
  private final List<Function<? super E, ? extends @Nullable Object>> getters;
  private final int[] key;
  private final @Nullable Function<? super E, String> routing;

  private EntityType(Builder<E> builder, int[] key) {
    this.entity = builder.entity;
    this.names = FieldNames.of(builder.names);
    this.getters = List.copyOf(builder.getters);
    this.key = key;
    this.routing = builder.routing;
  }

  /**
   * Describes a record: its components are the fields, under their own names. The class must be
   * accessible to this library (public, or its package opened).
   */
  public static <E extends Record> Builder<E> of(String entity, Class<E> type) {
    Builder<E> builder = new Builder<>(entity);
    for (RecordComponent component : type.getRecordComponents()) {
      builder.field(component.getName(), Components.getter(component));
    }
    return builder;
  }

  /** Describes objects of any class; name each field with its getter. */
  public static <E> Builder<E> builder(String entity) {
    return new Builder<>(entity);
  }

  /** The logical name. */
  public String entity() {
    return entity;
  }

  /** The object was made. */
  public EntityEvent created(E after) {
    Row state = row(after);
    return new EntityEvent(
        entity,
        ChangeType.CREATED,
        key(state),
        null,
        state,
        names.asList(),
        route(after, state),
        Map.of());
  }

  /**
   * The object was changed; what changed is told by comparing.
   *
   * @throws IllegalArgumentException where the key differs: delete the one and create the other
   */
  public EntityEvent updated(E before, E after) {
    Row was = row(before);
    Row is = row(after);
    Row key = key(is);
    Check.argument(
        key.equals(key(was)),
        "the key of '%s' changed from %s to %s: append deleted(before) and created(after)",
        entity,
        key(was),
        key);
    List<String> changed = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (!is.value(i).equals(was.value(i))) {
        changed.add(names.get(i));
      }
    }
    return new EntityEvent(
        entity, ChangeType.UPDATED, key, was, is, changed, route(after, is), Map.of());
  }

  /**
   * The object was changed, and its state before is not at hand: every field but the key's counts
   * as changed.
   */
  public EntityEvent updated(E after) {
    Row is = row(after);
    Row key = key(is);
    // An update that names its key, too, says that there is nothing but what it names.
    List<String> changed = names.asList().stream().filter(name -> !key.has(name)).toList();
    return new EntityEvent(
        entity, ChangeType.UPDATED, key, null, is, changed, route(after, is), Map.of());
  }

  /** The object was removed. */
  public EntityEvent deleted(E before) {
    Row was = row(before);
    return new EntityEvent(
        entity, ChangeType.DELETED, key(was), was, null, List.of(), route(before, was), Map.of());
  }

  /**
   * Something about the object that is not its state.
   *
   * @param subject whose key and routing key it carries
   * @param content what it says; values as fields have them
   */
  public EntityEvent message(E subject, Map<String, ?> content) {
    Row state = row(subject);
    Value document = JavaValues.of(content, "the message's content");
    return EntityEvent.message(entity, key(state), ((Value.DocumentValue) document).fields())
        .withRoutingKey(route(subject, state));
  }

  private Row row(E object) {
    Check.notNull(object, "object");
    Value[] values = new Value[getters.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          JavaValues.of(getters.get(i).apply(object), "field '" + names.get(i) + "' of " + entity);
    }
    return Row.wrap(names, values, false);
  }

  private Row key(Row state) {
    Row.Builder made = Row.builder();
    for (int index : key) {
      Check.argument(
          !state.value(index).isNull(), "the key of '%s' has no %s", entity, names.get(index));
      made.put(names.get(index), state.value(index));
    }
    return made.build();
  }

  private String route(E object, Row state) {
    return routing == null ? EntityEvent.route(entity, key(state)) : routing.apply(object);
  }

  @Override
  public String toString() {
    return entity + names;
  }

  /**
   * Collects an entity's fields. Not safe for use by several threads.
   *
   * @param <E> class of the objects
   */
  public static final class Builder<E> {
    private final String entity;
    private final List<String> names = new ArrayList<>();
    private final List<Function<? super E, ? extends @Nullable Object>> getters = new ArrayList<>();
    private List<String> key = List.of();
    private @Nullable Function<? super E, String> routing;

    private Builder(String entity) {
      this.entity = Check.notBlank(entity, "entity");
    }

    /** Adds a field, or gives one another getter. */
    public Builder<E> field(String name, Function<? super E, ? extends @Nullable Object> getter) {
      Check.notBlank(name, "field");
      int known = names.indexOf(name);
      if (known >= 0) {
        getters.set(known, getter);
      } else {
        names.add(name);
        getters.add(getter);
      }
      return this;
    }

    /** Leaves fields of a record out. */
    public Builder<E> without(String... fields) {
      for (String field : fields) {
        int index = index(field);
        names.remove(index);
        getters.remove(index);
      }
      return this;
    }

    /** Gives a field another name: what stands in the events. */
    public Builder<E> rename(String field, String other) {
      Check.notBlank(other, "field");
      names.set(index(field), other);
      return this;
    }

    /** The fields that name an object, in key order, as the events call them; required. */
    public Builder<E> key(String... fields) {
      key = List.of(fields);
      return this;
    }

    /** What the transport orders by; default entity and id. */
    public Builder<E> routingKey(Function<? super E, String> choice) {
      routing = choice;
      return this;
    }

    private int index(String field) {
      int index = names.indexOf(field);
      Check.argument(index >= 0, "'%s' has no field '%s', it has %s", entity, field, names);
      return index;
    }

    /**
     * The description.
     *
     * @throws IllegalArgumentException where there is no key or no such field, or a name comes
     *     twice
     */
    public EntityType<E> build() {
      Check.argument(!key.isEmpty(), "'%s' needs a key: call key(\"id\")", entity);
      return new EntityType<>(this, key.stream().mapToInt(this::index).toArray());
    }
  }

  /** Reads a record's components. */
  private static final class Components {
    private Components() {}

    static <E> Function<E, @Nullable Object> getter(RecordComponent component) {
      var accessor = component.getAccessor();
      accessor.setAccessible(true);
      return object -> {
        try {
          return accessor.invoke(object);
        } catch (IllegalAccessException e) {
          throw new IllegalArgumentException("component " + component + " cannot be read", e);
        } catch (InvocationTargetException e) {
          throw new IllegalArgumentException(
              "component " + component + " failed: " + Objects.toString(e.getCause()), e);
        }
      };
    }
  }
}
