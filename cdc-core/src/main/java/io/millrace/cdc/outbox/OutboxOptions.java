package io.millrace.cdc.outbox;

import io.millrace.cdc.internal.Check;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** How a source publishes what the application appends. Not safe for use by several threads. */
public final class OutboxOptions {
  private final Set<String> both = new LinkedHashSet<>();

  /** Nothing chosen; for the modules that implement a source. */
  public OutboxOptions() {}

  /**
   * Entities that this source captures from a table and whose states the application appends as
   * well. A consumer gets both events of a change, in the order in which the transaction wrote
   * them. Default none: a state of a captured entity is refused when it is appended, and stops the
   * pipeline where it was appended nevertheless. Messages are always allowed.
   */
  public OutboxOptions alsoCaptured(String... entities) {
    for (String entity : entities) {
      both.add(Check.notBlank(entity, "entity"));
    }
    return this;
  }

  /** What is wrong with these options; for sources. */
  public List<String> problems(Collection<String> captured) {
    return both.stream()
        .filter(entity -> !captured.contains(entity))
        .map(entity -> "outbox: entity '" + entity + "' is not captured: drop alsoCaptured(…)")
        .toList();
  }

  /** Whose states must not be appended; for sources. */
  public CapturedStates capturedStates(Collection<String> captured) {
    Set<String> alone = new LinkedHashSet<>(captured);
    alone.removeAll(both);
    return new CapturedStates(alone);
  }
}
