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

  TableMaps(TableMapParser parser) {
    this.parser = parser;
  }

  /** Takes a table map event. */
  TableMap add(RawEvent event) {
    long id = tableId(event);
    Known known = byId.get(id);
    if (known != null && sameBody(known.event, event)) {
      return known.map;
    }
    if (byId.size() >= MOST) {
      byId.clear(); // ids of tables that were altered or dropped
    }
    TableMap map = parser.parse(event);
    byId.put(id, new Known(event, map));
    return map;
  }

  /** The table of a rows event, or null where no table map came. */
  @Nullable TableMap of(RawEvent rows) {
    Known known = byId.get(tableId(rows));
    return known == null ? null : known.map;
  }

  /** The first six bytes of both kinds of event. */
  static long tableId(RawEvent event) {
    return event.body().unsigned(6);
  }

  private static boolean sameBody(RawEvent a, RawEvent b) {
    return Arrays.equals(a.bytes(), RawEvent.HEADER, a.end(), b.bytes(), RawEvent.HEADER, b.end());
  }
}
