package io.millrace.cdc.source;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one poll gave.
 *
 * @param events changes in log order; echoes of an applier are left out already
 * @param position where reading may resume once all events up to and including this batch are
 *     acknowledged; null in the middle of a transaction
 * @param echoes how many changes were left out because an applier made them
 */
public record SourceBatch(List<ChangeEvent> events, @Nullable Position position, int echoes) {
  private static final SourceBatch EMPTY = new SourceBatch(List.of(), null, 0);

  /** Copies the events. */
  public SourceBatch {
    events = List.copyOf(events);
  }

  /** Nothing new, and the position is what it was. */
  public static SourceBatch empty() {
    return EMPTY;
  }
}
