package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.error.MillraceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What happens to an event between reading and encoding: filter, transform, routing. */
final class EventStage {
  private final @Nullable Predicate<ChangeEvent> filter;
  private final @Nullable UnaryOperator<ChangeEvent> transform;
  private final @Nullable Function<ChangeEvent, String> routing;

  EventStage(PipelineSettings settings) {
    this.filter = settings.filter();
    this.transform = settings.transform();
    this.routing = settings.routing();
  }

  /** Whether an event's other half has to be known before it can be published. */
  boolean needsNext(ChangeEvent event) {
    return filter != null && event.type() == ChangeType.DELETED && event.previousKey() != null;
  }

  /** The same of an event that is no part of a key change. */
  @Nullable ChangeEvent apply(ChangeEvent event) {
    return apply(event, null);
  }

  /**
   * The event to publish; null where the filter leaves it out.
   *
   * @param other the other event of the same key change; null where there is none
   */
  @Nullable ChangeEvent apply(ChangeEvent event, @Nullable ChangeEvent other) {
    try {
      ChangeEvent passed = filter == null ? event : filtered(event, other, filter);
      if (passed == null) {
        return null;
      }
      ChangeEvent changed = transform == null ? passed : transformed(passed, transform);
      return routing == null ? changed : routed(changed, routing);
    } catch (MillraceException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new EventException(
          "Filter, transform or routing failed at %s: %s. They must be pure functions that take every captured event."
              .formatted(event, e),
          e);
    }
  }

  /**
   * Judges the state before and the state after, so that a row which leaves the filter is deleted
   * at the consumers and one that enters is created. A state before that is not known counts as
   * passed: deleting a row that was never there harms nobody, keeping one that left does.
   */
  private static @Nullable ChangeEvent filtered(
      ChangeEvent event, @Nullable ChangeEvent other, Predicate<ChangeEvent> filter) {
    return switch (event.type()) {
      case CREATED, SNAPSHOT, TRUNCATED, MESSAGE, UNKNOWN ->
          filter.test(event) ? alone(event, other == null || passedBefore(other, filter)) : null;
      case DELETED ->
          passedBefore(event, filter) ? alone(event, other == null || filter.test(other)) : null;
      case UPDATED -> {
        if (filter.test(event)) {
          boolean known = oldState(event) != null;
          yield known && !passedBefore(event, filter) ? entering(event) : event;
        }
        yield passedBefore(event, filter) ? leaving(event) : null;
      }
    };
  }

  /** One of the two events of a key change names no other key where the other is left out. */
  private static ChangeEvent alone(ChangeEvent event, boolean both) {
    return both || event.previousKey() == null
        ? event
        : event.toBuilder().previousKey(null).build();
  }

  private static boolean passedBefore(ChangeEvent event, Predicate<ChangeEvent> filter) {
    Row old = oldState(event);
    return old == null || filter.test(event.toBuilder().newValue(old).build());
  }

  private static @Nullable Row oldState(ChangeEvent event) {
    Row old = event.oldValue();
    return old == null || old.partial() ? null : old;
  }

  private static ChangeEvent entering(ChangeEvent event) {
    Row row = event.newValue();
    return event.toBuilder()
        .type(ChangeType.CREATED)
        .oldValue(null)
        .changedFields(row == null ? event.changedFields() : row.names().asList())
        .build();
  }

  private static ChangeEvent leaving(ChangeEvent event) {
    return event.toBuilder()
        .type(ChangeType.DELETED)
        .newValue(null)
        .changedFields(List.of())
        .build();
  }

  private static ChangeEvent transformed(ChangeEvent event, UnaryOperator<ChangeEvent> transform) {
    ChangeEvent changed = transform.apply(event);
    if (changed == null) {
      throw new EventException(
          "The transform gave null for %s. Use filter(…) to leave events out.".formatted(event));
    }
    if (!changed.log().equals(event.log())
        || !changed.version().equals(event.version())
        || changed.hops() != event.hops()) {
      throw new EventException(
          "The transform made %s of %s. It must not change log, version or hops: consumers tell stale and repeated events by them."
              .formatted(changed, event));
    }
    return changed;
  }

  private static ChangeEvent routed(ChangeEvent event, Function<ChangeEvent, String> routing) {
    String key = routing.apply(event);
    if (key == null || key.isEmpty()) {
      throw new EventException(
          "The routing gave '%s' for %s. It must give a text for every event."
              .formatted(key, event));
    }
    return key.equals(event.routingKey()) ? event : event.toBuilder().routingKey(key).build();
  }
}
