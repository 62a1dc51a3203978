package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Check;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How long the change log keeps what was logged. Immutable; every {@code with…} answers a changed
 * copy.
 *
 * <p>What a registered pipeline has not passed is kept, however old it is, unless a hard limit is
 * set: then even unread changes go, and the pipeline that lacked them has lost its position, which
 * it says. A pipeline that is gone for good holds the log until {@link
 * PostgresChangeLog#forgetReader}.
 *
 * <p>The log consists of segments; a segment goes as a whole, so that some history is kept for
 * longer.
 *
 * @param keep how long changes are kept at least, read or not; 0 or longer, default one day
 * @param unreadFor after how long unread changes are dropped; longer than {@code keep}; empty (the
 *     default) for never
 * @param unreadBytes from which size of the log on unread changes are dropped, oldest first; empty
 *     (the default) for never
 * @param automatic whether readers see to it as they go (the default); otherwise a job calls {@link
 *     PostgresChangeLog#retain}
 * @param segmentRows how many rows a segment holds, about; default 10,000,000, or 1,000,000 with
 *     {@code unreadBytes}
 */
public record LogRetention(
    Duration keep,
    Optional<Duration> unreadFor,
    OptionalLong unreadBytes,
    boolean automatic,
    long segmentRows) {

  /**
   * So many that a segment's age ends it first, mostly, which makes some ten segments: each look at
   * the log asks them all.
   */
  private static final long SEGMENT_ROWS = 10_000_000;

  /** Where a size is to be kept: a segment is the least that can be dropped. */
  private static final long SMALL_SEGMENT_ROWS = 1_000_000;

  /** Checks that the limits fit together. */
  public LogRetention {
    Check.argument(!keep.isNegative(), "what is logged is kept for 0 or longer, not %s", keep);
    Check.argument(
        unreadFor.isEmpty() || unreadFor.get().compareTo(keep) > 0,
        "unread changes must be kept for longer than the %s that all are kept for, not %s",
        keep,
        unreadFor.orElse(Duration.ZERO));
    Check.argument(
        unreadBytes.isEmpty() || unreadBytes.getAsLong() > 0,
        "the size from which unread changes are dropped must be above 0, not %s",
        unreadBytes.orElse(0));
    Check.argument(segmentRows > 0, "a segment holds at least 1 row, not %s", segmentRows);
  }

  /** Keeps changes at least for so long, and until all readers have passed them. */
  public static LogRetention keep(Duration keep) {
    return new LogRetention(keep, Optional.empty(), OptionalLong.empty(), true, SEGMENT_ROWS);
  }

  /** Drops even unread changes after so long. */
  public LogRetention withUnreadFor(Duration limit) {
    return new LogRetention(keep, Optional.of(limit), unreadBytes, automatic, segmentRows);
  }

  /**
   * Drops even unread changes, oldest first, while the log takes more bytes than this. Segments are
   * smaller then, see {@link #withSegmentRows}.
   */
  public LogRetention withUnreadBytes(long limit) {
    return new LogRetention(
        keep,
        unreadFor,
        OptionalLong.of(limit),
        automatic,
        Math.min(segmentRows, SMALL_SEGMENT_ROWS));
  }

  /** Leaves it to a job that calls {@link PostgresChangeLog#retain}. */
  public LogRetention byHand() {
    return new LogRetention(keep, unreadFor, unreadBytes, false, segmentRows);
  }

  /**
   * Goes on in a new segment after about so many rows, or an eighth of the time that changes are
   * kept: what is kept too long is less then, and each look at the log costs the server about 10 µs
   * a segment.
   */
  public LogRetention withSegmentRows(long rows) {
    return new LogRetention(keep, unreadFor, unreadBytes, automatic, rows);
  }

  /** How long it takes until something unread is dropped. */
  Optional<Duration> headroom(OptionalLong lagMillis) {
    if (unreadFor.isEmpty() || lagMillis.isEmpty()) {
      return Optional.empty();
    }
    Duration left = unreadFor.get().minusMillis(lagMillis.getAsLong());
    return Optional.of(left.isNegative() ? Duration.ZERO : left);
  }

  /** How old a segment grows before the next one is begun. */
  Duration segmentAge() {
    Duration part = keep.dividedBy(8);
    Duration least = Duration.ofSeconds(10);
    return part.compareTo(least) < 0 ? least : part;
  }
}
