package io.millrace.cdc.postgres;

import java.util.List;

/**
 * What one look at the log's end found.
 *
 * @param rows of transactions that ended before the head's snapshot and were not read yet, in no
 *     order; as many as were asked for, where there may be more
 */
record LogLook(LogHead head, List<LogRow> rows) {
  LogLook {
    rows = List.copyOf(rows);
  }
}
