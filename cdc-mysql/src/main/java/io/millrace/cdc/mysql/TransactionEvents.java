package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.outbox.CapturedStates;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The events of one committed transaction, made one row at a time. Used by one thread. */
final class TransactionEvents {
  private static final int COORDINATE = 8 + 8 + 4 + 1;
  private static final long MOST_ROW_BYTES = (1L << 32) - 1;

  private final Transaction transaction;
  private final String service;
  private final Optional<CapturedStates> outbox;
  private final String log;
  private final long epoch;
  private final String pipeline;
  private final Marks marks = new Marks();

  /** Written anew for every row; the version takes a copy. */
  private final ByteBuffer coordinate = ByteBuffer.allocate(COORDINATE);

  private TransactionBuffer.@Nullable Entry entry;
  private @Nullable RowCursor rows;
  private @Nullable ChangeEvent second;
  private int echoes;

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

  /**
   * Adds events until there are enough or the transaction is at its end.
   *
   * @return whether the transaction is at its end
   */
  boolean fill(List<ChangeEvent> events, int most) {
    while (events.size() < most) {
      ChangeEvent left = second;
      if (left != null) {
        second = null;
        events.add(left);
        continue;
      }
      RowCursor cursor = rows;
      TransactionBuffer.Entry current = entry;
      if (cursor != null && current != null && cursor.next()) {
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
    CapturedTable captured = Objects.requireNonNull(table.captured());
    List<String> changed = new ArrayList<>();
    boolean matters = false;
    for (int i : table.shown()) {
      if (cursor.changed(i)) {
        String column = table.columns().get(i).name();
        changed.add(captured.field(column));
        matters |= !captured.ignoredWhenAlone().contains(column);
      }
    }
    if (matters) {
      events.add(
          begin(current, cursor, 0, ChangeType.UPDATED)
              .key(key(table, cursor.after()))
              .newValue(state(table, cursor, cursor.after()))
              .oldValue(state(table, cursor, cursor.before()))
              .changedFields(changed)
              .build());
    }
  }

  private ChangeEvent created(
      TransactionBuffer.Entry current, RowCursor cursor, @Nullable Row previousKey) {
    TableMap table = current.table();
    Row key = key(table, cursor.after());
    Row state = state(table, cursor, cursor.after());
    return begin(current, cursor, previousKey == null ? 0 : 1, ChangeType.CREATED)
        .key(key)
        .previousKey(previousKey)
        .newValue(state)
        .changedFields(state.names().asList())
        .build();
  }

  private ChangeEvent deleted(
      TransactionBuffer.Entry current, RowCursor cursor, @Nullable Row previousKey) {
    TableMap table = current.table();
    return begin(current, cursor, 0, ChangeType.DELETED)
        .key(key(table, cursor.before()))
        .previousKey(previousKey)
        .oldValue(state(table, cursor, cursor.before()))
        .build();
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
    events.add(begin(current, null, 0, ChangeType.TRUNCATED).id("").build());
  }

  private ChangeEvent.Builder begin(
      TransactionBuffer.Entry current, @Nullable RowCursor cursor, int ordinal, ChangeType type) {
    CapturedTable captured = Objects.requireNonNull(current.table().captured());
    return ChangeEvent.builder()
        .type(type)
        .entity(captured.entity())
        .source(service)
        .changedAt(transaction.committedAt())
        .log(log)
        .version(version(current, cursor, ordinal))
        .transactionId(transaction.gtid())
        .hops(marks.hops())
        .schema(current.table().fingerprint());
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
    coordinate
        .clear()
        .putLong(transaction.fileNumber())
        .putLong(offset)
        .putInt((int) row)
        .put((byte) ordinal);
    return Version.of(epoch, coordinate.array());
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
