package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Check;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What was read of the last window that held anything, so that it can be read again and compared.
 *
 * <p>One row is not enough of a witness: rows come in the order of their ids, so the last one read
 * may be of a transaction that committed before another one of the same window. Where a failover or
 * a restore kept the first and lost the second, only the whole window tells.
 *
 * @param from what was read before the window
 * @param to the snapshot that ends it
 * @param at the last row given out of it
 * @param count how many were
 * @param sum of their checksums
 */
record Span(ReadState from, PgSnapshot to, long at, long count, long sum) {
  /** The span of one more row. */
  static Span begin(ReadState from, PgSnapshot to) {
    return new Span(from, to, 0, 0, 0);
  }

  Span with(LogRow row, RowChecksum checksum) {
    return new Span(from, to, row.id(), count + 1, sum + checksum.of(row));
  }

  static Span parse(String text) {
    String[] parts = text.split("/", -1);
    Check.argument(parts.length == 7, "a span is bound/members/id/to/at/count/sum, not '%s'", text);
    long[] members =
        parts[1].isEmpty()
            ? new long[0]
            : Arrays.stream(parts[1].split(",", -1)).mapToLong(Long::parseLong).sorted().toArray();
    return new Span(
        new ReadState(Long.parseLong(parts[0]), members, Long.parseLong(parts[2])),
        PgSnapshot.parse(parts[3]),
        Long.parseLong(parts[4]),
        Long.parseLong(parts[5]),
        Long.parseUnsignedLong(parts[6], 16));
  }

  @Override
  public String toString() {
    String members =
        Arrays.stream(from.members()).mapToObj(Long::toString).collect(Collectors.joining(","));
    return from.bound()
        + "/"
        + members
        + "/"
        + from.lastId()
        + "/"
        + to
        + "/"
        + at
        + "/"
        + count
        + "/"
        + Long.toHexString(sum);
  }
}
