package io.millrace.cdc.mysql;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.outbox.OutboxRecord;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The table {@code millrace_outbox}. It is always empty to whoever looks: an event is inserted and
 * deleted in one transaction, and the binary log holds the insert.
 */
final class OutboxTable {
  static final String NAME = "millrace_outbox";
  private static final String EVENT = "event";

  private OutboxTable() {}

  /** As one of the captured tables, so that all that would lose its rows is noticed. */
  static CapturedTable in(String database) {
    return new CapturedTable(
        database, NAME, "millrace.outbox", Set.of(), List.of(), ColumnChoice.ALL, Map.of());
  }

  /** Whether a captured table is the outbox. */
  static boolean is(CapturedTable table) {
    return table.table().equals(NAME);
  }

  /** Makes it where it is missing. */
  static String ddl(String database) {
    return "create table if not exists "
        + MySqlRegistration.quoted(database)
        + "."
        + NAME
        + " (id bigint not null primary key, event longblob not null) engine=InnoDB";
  }

  /** The event that was inserted. */
  static ChangeEvent.Builder read(FieldNames names, Value[] row) {
    int index = names.indexOf(EVENT);
    if (index < 0 || !(row[index] instanceof Value.BytesValue bytes)) {
      throw new SourceException(
          "A row of "
              + NAME
              + " has no bytes in '"
              + EVENT
              + "', so it was not written by MySqlOutbox. It has "
              + names.asList());
    }
    try {
      return OutboxRecord.event(bytes.value());
    } catch (EventException e) {
      throw new SourceException("A row of " + NAME + " cannot be read: " + e.getMessage(), e);
    }
  }
}
