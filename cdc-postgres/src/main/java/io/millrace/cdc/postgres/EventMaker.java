package io.millrace.cdc.postgres;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.outbox.OutboxRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Turns rows of the log into events. */
final class EventMaker implements ChangeChain.Keys {
  /** The operation of a row that {@code millrace.append} wrote. */
  private static final char APPENDED = 'E';

  private final String service;
  private final String log;
  private final long epoch;
  private final Map<String, TableReader> tables = new HashMap<>();
  private final Optional<CapturedStates> outbox;
  private long lastXid = -1;
  private String lastTransaction = "";

  /**
   * For one reader.
   *
   * @param outbox what must not be appended; empty where what was appended is not read
   */
  EventMaker(
      String service,
      String log,
      long epoch,
      List<CapturedTable> captured,
      Function<CapturedTable, TableLayout> layouts,
      Optional<CapturedStates> outbox) {
    this.outbox = outbox;
    this.service = service;
    this.log = log;
    this.epoch = epoch;
    for (CapturedTable table : captured) {
      tables.put(table.name(), new TableReader(table, layouts));
    }
  }

  String log() {
    return log;
  }

  /** Whether the row is of a table that is captured here. */
  boolean concerns(LogRow row) {
    return tables.containsKey(row.relation());
  }

  @Override
  public void rowsCame() {
    tables.values().forEach(TableReader::rowsCame);
  }

  /** The keys that a row is about, as text; none for a table that is not captured here. */
  @Override
  public List<String> apply(LogRow row) {
    TableReader table = tables.get(row.relation());
    if (table == null) {
      return List.of();
    }
    List<String> keys = new ArrayList<>(1);
    if (row.oldText() != null) {
      keys.add(table.key(table.row(row.oldText())).toString());
    }
    if (row.newText() != null) {
      String key = table.key(table.row(row.newText())).toString();
      if (!keys.contains(key)) {
        keys.add(key);
      }
    }
    return keys;
  }

  /** Learns the tables' columns anew. */
  void forgetLayouts() {
    tables.values().forEach(TableReader::forget);
  }

  /**
   * The row's events: none where nothing changed that is part of the events, two for a key change.
   */
  List<ChangeEvent> events(LogRow row) {
    if (row.format() > LogRow.FORMAT) {
      throw new SourceException(
          "Row %s of the change log has format %s, this release reads up to %s. Run the release that installed the log, or a newer one."
              .formatted(row.id(), row.format(), LogRow.FORMAT));
    }
    if (row.op() == APPENDED) {
      return outbox.map(states -> List.of(appended(row, states))).orElse(List.of());
    }
    TableReader table = tables.get(row.relation());
    if (table == null) {
      return List.of();
    }
    if (row.op() == 'T') {
      return List.of(start(row, table, 0).id("").type(ChangeType.TRUNCATED).build());
    }
    Row before = row.oldText() == null ? null : table.row(row.oldText(), row.oldRecord());
    Row after = row.newText() == null ? null : table.row(row.newText(), row.newRecord());
    return switch (row.op()) {
      case 'I' -> List.of(created(row, table, present(row, after), 0, null));
      case 'D' -> List.of(deleted(row, table, present(row, before), null));
      case 'U' -> update(row, table, present(row, before), present(row, after));
      default ->
          throw new SourceException(
              "Row %s of the change log has the unknown operation '%s'."
                  .formatted(row.id(), row.op()));
    };
  }

  /** The event of a row that is a heartbeat of this pipeline; none for another's. */
  List<ChangeEvent> heartbeat(LogRow row, String pipeline) {
    Heartbeat heartbeat = HeartbeatRows.read(row);
    return heartbeat.pipeline().equals(pipeline)
        ? List.of(heartbeat.toEvent(service, log, version(row, 0)))
        : List.of();
  }

  private ChangeEvent appended(LogRow row, CapturedStates states) {
    byte[] bytes = row.event();
    if (bytes == null) {
      throw new SourceException(
          "Row %s of the change log was appended without an event, so not by PostgresOutbox."
              .formatted(row.id()));
    }
    try {
      ChangeEvent event =
          OutboxRecord.event(bytes)
              .source(service)
              .log(log)
              .version(version(row, 0))
              .transactionId(Long.toString(row.xid()))
              .hops(row.hops())
              .build();
      states.check(event);
      return event;
    } catch (EventException e) {
      throw new SourceException(
          "Row %s of the change log was appended and cannot be read: %s"
              .formatted(row.id(), e.getMessage()),
          e);
    }
  }

  private List<ChangeEvent> update(LogRow row, TableReader table, Row before, Row after) {
    Row newKey = table.key(after);
    Row oldKey = table.keyUnless(before, newKey);
    if (oldKey != null) {
      return List.of(deleted(row, table, before, newKey), created(row, table, after, 1, oldKey));
    }
    List<String> changed = table.changed(before, after);
    if (table.ignoredFields().containsAll(changed)) {
      return List.of();
    }
    return List.of(
        start(row, table, 0)
            .type(ChangeType.UPDATED)
            .oldValue(before)
            .newValue(after)
            .changedFields(changed)
            .key(newKey)
            .build());
  }

  private ChangeEvent created(
      LogRow row, TableReader table, Row after, int ordinal, @Nullable Row previousKey) {
    return start(row, table, ordinal)
        .type(ChangeType.CREATED)
        .newValue(after)
        .changedFields(after.names().asList())
        .key(table.key(after))
        .previousKey(previousKey)
        .build();
  }

  private ChangeEvent deleted(
      LogRow row, TableReader table, Row before, @Nullable Row previousKey) {
    return start(row, table, 0)
        .type(ChangeType.DELETED)
        .oldValue(before)
        .key(table.key(before))
        .previousKey(previousKey)
        .build();
  }

  private ChangeEvent.Builder start(LogRow row, TableReader table, int ordinal) {
    return ChangeEvent.builder()
        .source(service)
        .changedAt(row.at())
        .entity(table.captured().entity())
        .log(log)
        .version(version(row, ordinal))
        .transactionId(transaction(row.xid()))
        .hops(row.hops())
        .schema(table.fingerprint());
  }

  private Version version(LogRow row, int ordinal) {
    ByteBuffer bytes = ByteBuffer.allocate(17);
    bytes.putLong(epoch).putLong(row.id()).put((byte) ordinal);
    return Version.wrap(bytes.array());
  }

  /** Mostly the one of the row before. */
  private String transaction(long xid) {
    if (xid != lastXid) {
      lastXid = xid;
      lastTransaction = Long.toString(xid);
    }
    return lastTransaction;
  }

  private static Row present(LogRow row, @Nullable Row state) {
    if (state == null) {
      throw new SourceException(
          "Row %s of the change log (operation '%s') lacks the row's state."
              .formatted(row.id(), row.op()));
    }
    return state;
  }
}
