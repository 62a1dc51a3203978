package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.position.Position;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where reading stands: between two windows, or after a row inside one.
 *
 * @param log name of the log
 * @param server whom it was read from
 * @param incarnation whose transaction ids {@code read} speaks of
 * @param nonce of the reader's registration, which is the witness while nothing was read
 * @param read what was read when the last whole window ended
 * @param to the snapshot that ends the window under way; null between windows, and in the past of
 *     another incarnation
 * @param lastInWindow the last row given out of the window under way; 0 between windows
 * @param last the last row read; null before the first
 * @param highest the row read with the highest transaction id; null before the first
 * @param span the last window that held anything, as far as it was read; null before the first
 */
record LogPosition(
    String log,
    ServerIdentity server,
    long incarnation,
    String nonce,
    ReadState read,
    @Nullable PgSnapshot to,
    long lastInWindow,
    @Nullable Witness last,
    @Nullable Witness highest,
    @Nullable Span span) {
  static final String KIND = "postgres";
  static final int FORMAT = 1;

  Position encode() {
    StringBuilder text = new StringBuilder(200);
    text.append("log=")
        .append(log)
        .append(" server=")
        .append(server)
        .append(" incarnation=")
        .append(incarnation);
    text.append(" nonce=")
        .append(nonce)
        .append(" bound=")
        .append(read.bound())
        .append(" id=")
        .append(read.lastId());
    if (read.members().length > 0) {
      text.append(" members=");
      text.append(
          Arrays.stream(read.members()).mapToObj(Long::toString).collect(Collectors.joining(",")));
    }
    if (to != null) {
      text.append(" to=").append(to);
    }
    if (lastInWindow > 0) {
      text.append(" at=").append(lastInWindow);
    }
    if (last != null) {
      text.append(" last=").append(last);
    }
    if (highest != null && !highest.equals(last)) {
      text.append(" highest=").append(highest);
    }
    if (span != null) {
      text.append(" window=").append(span);
    }
    return new Position(KIND, FORMAT, text.toString());
  }

  /** What counts as read for retention: the last window must be there to be read again. */
  ReadState needed() {
    return span == null ? read : span.from();
  }

  /** Ids of the rows that must be there to be read again. */
  long[] witnesses() {
    return Stream.of(last, highest)
        .filter(Objects::nonNull)
        .mapToLong(Witness::id)
        .distinct()
        .toArray();
  }

  static LogPosition decode(Position position) {
    if (!position.kind().equals(KIND)) {
      throw new SourceException(
          "The saved position is of kind '%s', a PostgreSQL source needs '%s'. Give this pipeline a name of its own, or the source that"
                  .formatted(position.kind(), KIND)
              + " made the position.");
    }
    if (position.format() > FORMAT) {
      throw new SourceException(
          "The saved position has format %s, this release reads up to %s. Run the release that wrote it, or a newer one."
              .formatted(position.format(), FORMAT));
    }
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : position.text().split(" ", -1)) {
      int equals = field.indexOf('=');
      fields.put(field.substring(0, Math.max(equals, 0)), field.substring(equals + 1));
    }
    try {
      return decode(fields);
    } catch (IllegalArgumentException e) {
      throw new SourceException(
          "The saved position '%s' cannot be read: %s".formatted(position, e.getMessage()), e);
    }
  }

  private static LogPosition decode(Map<String, String> fields) {
    String members = fields.getOrDefault("members", "");
    long[] xids =
        members.isEmpty()
            ? new long[0]
            : Arrays.stream(members.split(",", -1)).mapToLong(Long::parseLong).sorted().toArray();
    String to = fields.get("to");
    String last = fields.get("last");
    String highest = fields.get("highest");
    // An earlier field, span, had other checksums: it is passed over.
    String span = fields.get("window");
    return new LogPosition(
        required(fields, "log"),
        ServerIdentity.parse(required(fields, "server")),
        Long.parseLong(required(fields, "incarnation")),
        required(fields, "nonce"),
        new ReadState(
            Long.parseLong(required(fields, "bound")),
            xids,
            Long.parseLong(required(fields, "id"))),
        to == null ? null : PgSnapshot.parse(to),
        Long.parseLong(fields.getOrDefault("at", "0")),
        last == null ? null : Witness.parse(last),
        highest != null ? Witness.parse(highest) : last == null ? null : Witness.parse(last),
        span == null ? null : Span.parse(span));
  }

  private static String required(Map<String, String> fields, String name) {
    String value = fields.get(name);
    if (value == null) {
      throw new IllegalArgumentException("it has no field '" + name + "'");
    }
    return value;
  }
}
