package io.millrace.cdc.mysql;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table maps in force. A statement's rows follow its table maps, which the log repeats before
 * every statement: one that is byte for byte as before is not parsed again. Used by one thread.
 */
final class TableMaps {
  private static final int MOST = 10_000;

  private record Known(RawEvent event, TableMap map) {}

  private final TableMapParser parser;
  private final Map<Long, Known> byId = new HashMap<>();

  /** What was asked for last: most events are about the same table as the one before. */
  private long lastId = -1;

  private @Nullable Known last;

  TableMaps(TableMapParser parser) {
    this.parser = parser;
  }

  /** Takes a table map event. */
  TableMap add(RawEvent event) {
    long id = tableId(event);
    Known known = known(id);
    if (known != null && sameBody(known.event, event)) {
      return known.map;
    }
    if (byId.size() >= MOST) {
      byId.clear(); // ids of tables that were altered or dropped
    }
    TableMap map = parser.parse(event);
    byId.put(id, new Known(event.alone(), map));
    lastId = -1;
    return map;
  }

  private @Nullable Known known(long id) {
    if (id != lastId) {
      last = byId.get(id);
      lastId = id;
    }
    return last;
  }

  /** The table of a rows event, or null where no table map came. */
  @Nullable TableMap of(RawEvent rows) {
    Known known = known(tableId(rows));
    return known == null ? null : known.map;
  }

  /** The first six bytes of both kinds of event. */
  static long tableId(RawEvent event) {
    byte[] bytes = event.bytes();
    int at = event.start() + RawEvent.HEADER;
    return (ByteReader.int32(bytes, at) & 0xffff_ffffL)
        | (bytes[at + 4] & 0xffL) << 32
        | (bytes[at + 5] & 0xffL) << 40;
  }

  private static boolean sameBody(RawEvent a, RawEvent b) {
    return Arrays.equals(
        a.bytes(),
        a.start() + RawEvent.HEADER,
        a.end(),
        b.bytes(),
        b.start() + RawEvent.HEADER,
        b.end());
  }
}
