package io.millrace.cdc.transport;

import io.millrace.cdc.internal.Check;

/**
 * Where to start in a partition.
 *
 * @param kind exactly there, or at an end of what is there now
 * @param offset of the next delivery for {@link Kind#AT}, else 0
 */
public record StartOffset(Kind kind, long offset) {
  /** How a start is given. */
  public enum Kind {
    /**
     * At this offset; the subscription fails where it is not there any more (below the oldest,
     * above the newest + 1).
     */
    AT,
    /** At the oldest delivery there is. */
    OLDEST,
    /** After the newest delivery there is. */
    NEWEST
  }

  /** Checks the offset. */
  public StartOffset {
    Check.argument(offset >= 0, "offset must not be negative, got %s", offset);
  }

  /** At exactly this offset. */
  public static StartOffset at(long offset) {
    return new StartOffset(Kind.AT, offset);
  }

  /** At the oldest delivery there is. */
  public static StartOffset oldest() {
    return new StartOffset(Kind.OLDEST, 0);
  }

  /** After the newest delivery there is. */
  public static StartOffset newest() {
    return new StartOffset(Kind.NEWEST, 0);
  }
}
