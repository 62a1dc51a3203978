package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.outbox.CapturedStates;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The events of one committed transaction, made one row at a time. Used by one thread. */
final class TransactionEvents {
  private static final int VERSION = 8 + 8 + 8 + 4 + 1;
  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final long MOST_ROW_BYTES = (1L << 32) - 1;

  private final Transaction transaction;
  private final String service;
  private final Optional<CapturedStates> outbox;
  private final String log;
  private final long epoch;
  private final String pipeline;
  private final Marks marks = new Marks();

  private TransactionBuffer.@Nullable Entry entry;
  private @Nullable RowCursor rows;
  private @Nullable ChangeEvent second;
  private int echoes;
  private long bytes;

  /**
   * The events of a transaction.
   *
   * @param pipeline whose heartbeats are events
   */
  TransactionEvents(
      Transaction transaction, SourceSettings settings, String log, long epoch, String pipeline) {
    this.pipeline = pipeline;
    this.transaction = transaction;
    this.service = settings.service();
    this.outbox = settings.outbox();
    this.log = log;
    this.epoch = epoch;
  }

  Transaction transaction() {
    return transaction;
  }

  /** How many changes were left out as echoes since the last call. */
  int takeEchoes() {
    int taken = echoes;
    echoes = 0;
    return taken;
  }

  /** How many bytes of rows were read since the last call. */
  long takeBytes() {
    long taken = bytes;
    bytes = 0;
    return taken;
  }

  /**
   * Adds events until there are enough or the transaction is at its end.
   *
   * @param mostBytes of rows, after which no further one is read
   * @return whether the transaction is at its end
   */
  boolean fill(List<ChangeEvent> events, int most, long mostBytes) {
    while (events.size() < most && bytes < mostBytes) {
      ChangeEvent left = second;
      if (left != null) {
        second = null;
        events.add(left);
        continue;
      }
      RowCursor cursor = rows;
      TransactionBuffer.Entry current = entry;
      if (cursor != null && current != null && cursor.next()) {
        bytes += cursor.size();
        row(current, cursor, events);
        continue;
      }
      current = transaction.events().next();
      if (current == null) {
        return true;
      }
      entry = current;
      rows = null;
      if (EventCode.isRows(current.event().type())) {
        rows = new RowCursor(current.event(), current.table());
      } else {
        truncated(current, events);
      }
    }
    return isAtEnd();
  }

  private boolean isAtEnd() {
    return second == null && (rows == null || !rows.hasMore()) && transaction.events().isEmpty();
  }

  private void row(TransactionBuffer.Entry current, RowCursor cursor, List<ChangeEvent> events) {
    TableMap table = current.table();
    if (table.ledger()) {
      if (!cursor.isDelete()) {
        marks.add(table.names(), cursor.after());
      }
      return;
    }
    if (table.heartbeat()) {
      if (!cursor.isDelete()) {
        HeartbeatTable.read(table.names(), cursor.after(), pipeline, log)
            .map(h -> h.toEvent(service, log, version(current, cursor, 0)))
            .ifPresent(events::add);
      }
      return;
    }
    if (table.captured() != null && OutboxTable.is(table.captured())) {
      if (cursor.isInsert()) {
        events.add(appended(current, cursor));
      }
      return;
    }
    if (isPast(table, cursor)) {
      return;
    }
    if (marks.inForce()) {
      Value[] image = cursor.isDelete() ? cursor.before() : cursor.after();
      if (marks.names(table.qualified(), CanonicalId.of(key(table, image)))) {
        echoes++;
        return;
      }
    }
    if (cursor.isInsert()) {
      events.add(created(current, cursor, null));
    } else if (cursor.isDelete() || ends(table, cursor)) {
      events.add(deleted(current, cursor, null));
    } else {
      updated(current, cursor, events);
    }
  }

  /** Whether a row is about the past of a system-versioned table only, which is no event. */
  private static boolean isPast(TableMap table, RowCursor cursor) {
    int rowEnd = table.rowEnd();
    return rowEnd >= 0
        && !MariaDbTypes.isCurrent((cursor.isInsert() ? cursor.after() : cursor.before())[rowEnd]);
  }

  /** Whether an update is what a system-versioned table makes of a DELETE. */
  private static boolean ends(TableMap table, RowCursor cursor) {
    int rowEnd = table.rowEnd();
    return rowEnd >= 0 && !cursor.isInsert() && !MariaDbTypes.isCurrent(cursor.after()[rowEnd]);
  }

  private void updated(
      TransactionBuffer.Entry current, RowCursor cursor, List<ChangeEvent> events) {
    TableMap table = current.table();
    boolean keyChanged = false;
    for (int column : table.keyColumns()) {
      keyChanged |= cursor.changed(column);
    }
    if (keyChanged) {
      if (!cursor.isWhole() && table.isPartial(cursor.after())) {
        throw missing(table, "its key changed", "columns");
      }
      events.add(deleted(current, cursor, key(table, cursor.after())));
      second = created(current, cursor, key(table, cursor.before()));
      return;
    }
    List<String> changed = table.changedFields(cursor.changed());
    if (changed != null) {
      events.add(
          event(
              current,
              cursor,
              0,
              ChangeType.UPDATED,
              state(table, cursor, cursor.after()),
              changed,
              state(table, cursor, cursor.before()),
              key(table, cursor.after()),
              null));
    }
  }

  private ChangeEvent created(
      TransactionBuffer.Entry current, RowCursor cursor, @Nullable Row previousKey) {
    TableMap table = current.table();
    Row key = key(table, cursor.after());
    Row state = state(table, cursor, cursor.after());
    return event(
        current,
        cursor,
        previousKey == null ? 0 : 1,
        ChangeType.CREATED,
        state,
        state.names().asList(),
        null,
        key,
        previousKey);
  }

  private ChangeEvent deleted(
      TransactionBuffer.Entry current, RowCursor cursor, @Nullable Row previousKey) {
    TableMap table = current.table();
    return event(
        current,
        cursor,
        0,
        ChangeType.DELETED,
        null,
        List.of(),
        state(table, cursor, cursor.before()),
        key(table, cursor.before()),
        previousKey);
  }

  private ChangeEvent appended(TransactionBuffer.Entry current, RowCursor cursor) {
    ChangeEvent event =
        OutboxTable.read(current.table().names(), cursor.after())
            .source(service)
            .log(log)
            .version(version(current, cursor, 0))
            .transactionId(transaction.gtid())
            .hops(marks.hops())
            .build();
    outbox.ifPresent(states -> states.check(event));
    return event;
  }

  private static Row state(TableMap table, RowCursor cursor, Value[] image) {
    return cursor.isWhole() ? table.state(image) : table.partialState(image);
  }

  private void truncated(TransactionBuffer.Entry current, List<ChangeEvent> events) {
    if (OutboxTable.is(Objects.requireNonNull(current.table().captured()))) {
      return; // it is always empty
    }
    events.add(
        event(current, null, 0, ChangeType.TRUNCATED, null, List.of(), null, Row.empty(), null));
  }

  /** No builder: it would be thrown away with every row. */
  private ChangeEvent event(
      TransactionBuffer.Entry current,
      @Nullable RowCursor cursor,
      int ordinal,
      ChangeType type,
      @Nullable Row newValue,
      List<String> changed,
      @Nullable Row oldValue,
      Row key,
      @Nullable Row previousKey) {
    TableMap table = current.table();
    String entity = Objects.requireNonNull(table.captured()).entity();
    String id = CanonicalId.of(key);
    return new ChangeEvent(
        id,
        type,
        newValue,
        changed,
        service,
        transaction.committedAt(),
        entity,
        oldValue,
        key,
        previousKey,
        ChangeEvent.defaultRoutingKey(entity, id),
        log,
        version(current, cursor, ordinal),
        transaction.gtid(),
        marks.hops(),
        Map.of(),
        table.fingerprint());
  }

  /**
   * The place in the log. Rows that are read elsewhere than at their transaction's place are told
   * apart by how many bytes come before them, which is the same whatever is captured.
   */
  private Version version(
      TransactionBuffer.Entry current, @Nullable RowCursor cursor, int ordinal) {
    long offset = current.offset();
    long row = cursor == null ? 0 : cursor.index();
    if (transaction.gathered()) {
      offset = transaction.offset();
      row = current.rowBytes() + (cursor == null ? 0 : cursor.start());
      if (row > MOST_ROW_BYTES) {
        throw new SourceException(
            String.format(
                Locale.ROOT,
                "Transaction %s, compressed or of XA, has more than 4 GiB of rows, which their versions"
                    + " cannot number: write less at once.",
                transaction.gtid()));
      }
    }
    byte[] version = new byte[VERSION];
    INT64.set(version, 0, epoch);
    INT64.set(version, 8, transaction.fileNumber());
    INT64.set(version, 16, offset);
    INT32.set(version, 24, (int) row);
    version[28] = (byte) ordinal;
    return Version.wrap(version);
  }

  @SuppressWarnings("ReferenceEquality") // one instance stands for what is missing
  private static Row key(TableMap table, Value[] image) {
    int[] columns = table.keyColumns();
    Value[] values = new Value[columns.length];
    for (int i = 0; i < columns.length; i++) {
      values[i] = image[columns[i]];
      if (values[i] == RowCursor.MISSING) {
        throw missing(table, "column '" + table.columns().get(columns[i]).name() + "'", "key");
      }
    }
    return Row.wrap(table.keyNames(), values, false);
  }

  private static SourceException missing(TableMap table, String what, String needed) {
    return new SourceException(
        String.format(
            Locale.ROOT,
            "A row of %s was logged without all of its %s (%s). Set binlog_row_image=FULL in every"
                + " session that writes it.",
            table.qualified(),
            needed,
            what));
  }
}
