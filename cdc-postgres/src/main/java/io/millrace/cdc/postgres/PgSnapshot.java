package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Check;
import java.util.Arrays;

/**
 * PostgreSQL's {@code pg_snapshot}: which transactions were finished when it was taken.
 *
 * @param text as the server prints it, {@code xmin:xmax:xip,…}
 * @param xmax the first transaction id not yet given out
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
