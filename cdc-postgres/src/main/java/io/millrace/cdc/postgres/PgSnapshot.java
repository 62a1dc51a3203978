package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Check;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * PostgreSQL's {@code pg_snapshot}: which transactions were finished when it was taken.
 *
 * @param text as the server prints it, {@code xmin:xmax:xip,…}
 * @param xmax one above the highest transaction that had ended; later ones may have begun
 * @param inProgress the transactions in progress, ascending; prepared ones are among them
 */
record PgSnapshot(String text, long xmax, long[] inProgress) {
  static PgSnapshot parse(String text) {
    String[] parts = text.split(":", -1);
    Check.argument(parts.length == 3, "a snapshot is xmin:xmax:xip, not '%s'", text);
    long[] xip =
        parts[2].isEmpty()
            ? new long[0]
            : Arrays.stream(parts[2].split(",", -1)).mapToLong(Long::parseLong).sorted().toArray();
    return new PgSnapshot(text, Long.parseLong(parts[1]), xip);
  }

  /** Whether the transaction had ended. */
  boolean sees(long xid) {
    return xid < xmax && Arrays.binarySearch(inProgress, xid) < 0;
  }

  /**
   * The transactions from {@code first} on that had ended, as ranges: lower bounds, and upper
   * bounds which do not belong.
   */
  long[][] endedFrom(long first) {
    return rangesWithout(inProgress, first, xmax);
  }

  /** The transactions from {@code first} to before {@code last} without those, which ascend. */
  static long[][] rangesWithout(long[] without, long first, long last) {
    List<Long> low = new ArrayList<>();
    List<Long> high = new ArrayList<>();
    long from = first;
    for (int i = 0; i <= without.length; i++) {
      long end = i == without.length ? last : without[i];
      if (from < end) {
        low.add(from);
        high.add(end);
      }
      from = Math.max(from, end + 1);
    }
    return new long[][] {
      low.stream().mapToLong(Long::longValue).toArray(),
      high.stream().mapToLong(Long::longValue).toArray()
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PgSnapshot snapshot && text.equals(snapshot.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
