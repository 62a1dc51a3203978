package io.millrace.cdc.outbox;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps a change from coming out twice: as a row of a captured table, and as the state that the
 * application appended. For the modules that implement a source. Immutable.
 *
 * @param entities whose states come from their tables alone
 */
public record CapturedStates(Set<String> entities) {
  /** Copies what could change. */
  public CapturedStates {
    entities = Set.copyOf(entities);
  }

  /** Nothing is captured, or nothing is known of it. */
  public static CapturedStates none() {
    return new CapturedStates(Set.of());
  }

  /**
   * What a source's outbox has to keep to.
   *
   * @param outbox empty where the source publishes none
   * @param service the source's
   * @throws IllegalStateException where it publishes none
   */
  public static CapturedStates required(Optional<CapturedStates> outbox, String service) {
    return outbox.orElseThrow(
        () ->
            new IllegalStateException(
                "the source of service '"
                    + service
                    + "' publishes nothing that is appended: call outbox() on its builder"));
  }

  /**
   * Called before an event is appended.
   *
   * @throws IllegalArgumentException where it is a state of such an entity
   */
  public void check(EntityEvent event) {
    if (refuses(event.entity(), event.type())) {
      throw new IllegalArgumentException(event + " cannot be appended: " + why(event.entity()));
    }
  }

  /**
   * Called with an event that was read.
   *
   * @throws SourceException where it is a state of such an entity
   */
  public void check(ChangeEvent event) {
    if (refuses(event.entity(), event.type())) {
      throw new SourceException(event + " was appended to the outbox: " + why(event.entity()));
    }
  }

  private boolean refuses(String entity, ChangeType type) {
    return type != ChangeType.MESSAGE && entities.contains(entity);
  }

  private static String why(String entity) {
    return "entity '%s' is captured from its table, so each of its changes would come out twice. Append messages only, capture the table no longer, or ask for both with outbox(o -> o.alsoCaptured(\"%s\")) on the source."
        .formatted(entity, entity);
  }
}
