package io.millrace.cdc.pipeline;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A DELETED of the old key, and directly behind it the CREATED of the new one. */
final class KeyChange {
  private KeyChange() {}

  /** The other event of the key change that one of these is of; null where there is none. */
  static @Nullable ChangeEvent other(List<ChangeEvent> events, int index) {
    ChangeEvent event = events.get(index);
    if (event.previousKey() == null) {
      return null;
    }
    int there = event.type() == ChangeType.DELETED ? index + 1 : index - 1;
    if (there < 0 || there >= events.size()) {
      return null;
    }
    ChangeEvent other = events.get(there);
    return event.entity().equals(other.entity())
            && Objects.equals(event.key(), other.previousKey())
            && Objects.equals(other.key(), event.previousKey())
        ? other
        : null;
  }
}
