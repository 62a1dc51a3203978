package io.millrace.cdc.mysql;

import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes whole transactions of raw events. What may hold changes of captured tables and cannot be
 * read is an error that names it; nothing of that sort is passed over. Used by one thread.
 */
final class TransactionAssembler {
  private static final Logger LOG = LoggerFactory.getLogger(TransactionAssembler.class);
  private static final long NO_TABLE = 0xffffffL;

  private final Flavour flavour;
  private final StatementCheck statements;
  private final TableMaps maps;
  private final ServerNames servers = new ServerNames();
  private final long memoryBytes;

  /** Whether transactions are named by their place, since they have no GTIDs. */
  private final boolean byPlace;

  /** Told what passes, where the log does not name columns; else null. */
  private final @Nullable Layouts layouts;

  private String file = "";
  private long fileNumber;
  private @Nullable OpenTransaction open;
  private String passedOver = "";

  /** What XA transactions changed that were prepared and not ended yet, by {@link XaId}. */
  private final Map<String, TransactionBuffer> prepared = new HashMap<>();

  TransactionAssembler(
      Flavour flavour,
      CaptureList tables,
      TableMaps maps,
      long memoryBytes,
      boolean byPlace,
      @Nullable Layouts layouts) {
    this.byPlace = byPlace;
    this.layouts = layouts;
    this.flavour = flavour;
    this.statements = new StatementCheck(tables);
    this.maps = maps;
    this.memoryBytes = memoryBytes;
  }

  /**
   * Takes the next event; a transaction when that was its end.
   *
   * @throws Layouts.NotYetException where the same event is to be given again, later
   */
  @Nullable Transaction accept(RawEvent event) {
    int type = event.type();
    if (EventCode.isRows(type) || EventCode.isCompressedRows(type)) {
      rows(event);
      return null;
    }
    switch (type) {
      case EventCode.TABLE_MAP -> {
        if (open == null || !open.passedOver) {
          maps.add(event);
        }
        opened(event).startOf(event);
      }
      case EventCode.XID -> {
        return commit(event);
      }
      case EventCode.GTID -> begin(event, GtidEvent.mySql(event, servers));
      case EventCode.ANONYMOUS_GTID -> {
        if (!byPlace) {
          throw unreadable(
              event, "it has no GTID", "Turn GTIDs on for all transactions: gtid_mode=ON.");
        }
        begin(event, GtidEvent.mySql(event, servers));
      }
      case EventCode.GTID_TAGGED -> begin(event, GtidEvent.tagged(event));
      case EventCode.MARIADB_GTID -> begin(event, GtidEvent.mariaDb(event));
      case EventCode.TRANSACTION_PAYLOAD -> {
        return unpacked(event);
      }
      case EventCode.QUERY, EventCode.EXECUTE_LOAD_QUERY, EventCode.QUERY_COMPRESSED -> {
        return statement(event, Statement.read(event));
      }
      case EventCode.ROTATE -> rotate(event);
      case EventCode.FORMAT_DESCRIPTION -> abandon("the log file began anew");
      case EventCode.XA_PREPARE -> {
        return prepared(event);
      }
      default -> other(event);
    }
    return null;
  }

  /** Frees what an unfinished transaction holds. */
  void close() {
    OpenTransaction unfinished = open;
    open = null;
    if (unfinished != null) {
      unfinished.events.close();
    }
    prepared.values().forEach(TransactionBuffer::close);
    prepared.clear();
    if (layouts != null) {
      layouts.close();
    }
  }

  private void rotate(RawEvent event) {
    ByteReader in = event.body();
    in.position += 8;
    file = new String(in.bytes, in.position, in.remaining(), StandardCharsets.UTF_8);
    fileNumber = fileNumber(file);
  }

  /** The number at the end of a log file's name. */
  static long fileNumber(String file) {
    String digits = file.substring(file.lastIndexOf('.') + 1);
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw new SourceException("Binary log file '" + file + "' has no number in its name.", e);
    }
  }

  private void begin(RawEvent event, GtidEvent gtid) {
    abandon("another one began");
    OpenTransaction begun =
        new OpenTransaction(flavour, gtid, event, new TransactionBuffer(memoryBytes));
    begun.passedOver =
        byPlace ? LogPlace.begins(passedOver, file, begun.offset) : begun.gtid.equals(passedOver);
    open = begun;
  }

  /**
   * Lets a transaction that was read before be compared and no more: its tables may be gone by now.
   */
  void passOver(String gtid) {
    passedOver = gtid;
  }

  private void abandon(String why) {
    OpenTransaction unfinished = open;
    if (unfinished != null) {
      // The server crashed while it wrote this one, and rolled it back.
      LOG.warn(
          "Transaction {} in {} has no end: {}; nothing of it counts", unfinished.gtid, file, why);
      unfinished.events.close();
      open = null;
    }
  }

  private OpenTransaction opened(RawEvent event) {
    if (open == null && byPlace) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "%s at %s:%s stands outside any transaction: the log holds another transaction where one was"
                  + " read. Accept the gap or backfill.",
              EventCode.name(event.type()),
              file,
              event.nextOffset()));
    }
    if (open == null) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "%s at %s:%s stands outside any transaction with a GTID. Turn GTIDs on (MySQL: gtid_mode=ON).",
              EventCode.name(event.type()),
              file,
              event.nextOffset()));
    }
    return open;
  }

  private void rows(RawEvent event) {
    OpenTransaction current = opened(event);
    long offset = current.startOf(event);
    TableMap table = current.passedOver ? null : maps.of(event);
    if (table == null && !current.passedOver) {
      if (TableMaps.tableId(event) == NO_TABLE) {
        return; // marks the end of a statement, and holds no rows
      }
      throw unreadable(event, "no table map came before it", "Report this.");
    }
    RawEvent plain = EventCode.isCompressedRows(event.type()) ? Unpacking.rows(event) : event;
    current.hash.update(plain.type());
    int images = RowCursor.imagesStart(plain);
    current.hash.update(plain.bytes(), images, plain.end() - images);
    if (table != null && table.isRead()) {
      current.events.add(plain, table, offset, current.rowBytes);
    }
    current.rowBytes += plain.size();
  }

  /** The end of a compressed transaction lies in its one event. */
  private @Nullable Transaction unpacked(RawEvent event) {
    OpenTransaction current = opened(event);
    current.startOf(event);
    current.packed = true;
    Transaction ended = null;
    if (layouts != null) {
      layouts.patient(true);
    }
    try (Unpacking.Payload payload = Unpacking.payload(event)) {
      for (RawEvent inner = payload.next(); inner != null; inner = payload.next()) {
        Transaction transaction = accept(inner);
        ended = transaction == null ? ended : transaction;
      }
    }
    if (layouts != null) {
      layouts.patient(false);
    }
    current.packed = false; // an XA transaction ends behind it
    current.gathered = true;
    return ended;
  }

  private Transaction commit(RawEvent event) {
    return ended(event, null);
  }

  private Transaction ended(RawEvent event, Transaction.@Nullable Xa xa) {
    OpenTransaction done = opened(event);
    open = null;
    name(event, done);
    return transaction(done, done.events, done.packed || done.gathered, xa);
  }

  /** The place after an event between transactions, for who has no GTIDs to go by. */
  void rest(RawEvent event, LogPlace place) {
    if (open == null && event.type() != EventCode.ROTATE && !event.artificial()) {
      place.pass(file, event.nextOffset());
    }
  }

  /** Without GTIDs a transaction is named by its place, once its end is known. */
  private void name(RawEvent last, OpenTransaction done) {
    if (byPlace) {
      done.gtid = LogPlace.transaction(file, done.offset, done.endOf(last));
    }
  }

  private Transaction transaction(
      OpenTransaction done,
      TransactionBuffer events,
      boolean gathered,
      Transaction.@Nullable Xa xa) {
    if (layouts != null) {
      layouts.passed(done.gtid);
    }
    return new Transaction(
        done.gtid,
        file,
        fileNumber,
        done.offset,
        done.committedAt,
        (int) done.hash.getValue(),
        events,
        gathered,
        xa);
  }

  private @Nullable Transaction statement(RawEvent event, Statement statement) {
    OpenTransaction current = opened(event);
    long offset = current.startOf(event);
    switch (statement.kind()) {
      case BEGIN, XA_START -> current.explicit = true;
      case COMMIT -> {
        return commit(event);
      }
      case ROLLBACK -> {
        Transaction nothing = commit(event);
        nothing.events().close();
        return nothing;
      }
      case ROLLBACK_TO -> {
        if (!current.events.isEmpty()) {
          throw unreadable(
              event,
              "a transaction with changes of captured tables was rolled back in part after it also"
                  + " wrote a table without transactions",
              "Use InnoDB for every table written together with captured ones.");
        }
      }
      case SAVEPOINT, XA_END -> {
        // the log keeps only what was not rolled back
      }
      case XA_COMMIT, XA_ROLLBACK -> {
        return finished(event, statement);
      }
      case DML -> check(event, statements.changing(statement));
      case TRUNCATE -> {
        CapturedTable emptied = statements.emptied(statement);
        if (emptied == null) {
          check(event, statements.emptying(statement));
        } else {
          current.events.add(event, TableMap.truncated(emptied), offset, current.rowBytes);
        }
      }
      case DDL -> {
        if (layouts != null) {
          layouts.passed(statement);
        }
        statements.defining(statement);
      }
    }
    return endsAlone(statement.kind(), current) ? commit(event) : null;
  }

  private static boolean endsAlone(Statement.Kind kind, OpenTransaction current) {
    return switch (kind) {
      case DML, TRUNCATE, DDL -> !current.explicit;
      default -> false;
    };
  }

  private void check(RawEvent event, StatementCheck.@Nullable Refusal refusal) {
    if (refusal != null) {
      throw unreadable(event, refusal.why(), refusal.remedy());
    }
  }

  /** The statement that may have taken a captured table away since the last call, else null. */
  @Nullable String takeRemoval() {
    return statements.takeRemoval();
  }

  /** What an XA transaction changed waits for its end, which may be long in coming. */
  private Transaction prepared(RawEvent event) {
    boolean onePhase = event.body().u8() == 1;
    if (onePhase) {
      return commit(event);
    }
    OpenTransaction waiting = opened(event);
    name(event, waiting);
    open = null;
    String id = XaId.of(event);
    waiting.events.rest();
    TransactionBuffer earlier = prepared.put(id, waiting.events);
    if (earlier != null) {
      earlier.close(); // read a second time, after a position before it
    }
    TransactionBuffer nothing = new TransactionBuffer(memoryBytes);
    return transaction(waiting, nothing, false, new Transaction.Xa(id, true, true));
  }

  private Transaction finished(RawEvent event, Statement statement) {
    OpenTransaction end = opened(event);
    name(event, end);
    open = null;
    String id =
        XaId.of(statement.sql())
            .orElseThrow(
                () ->
                    unreadable(
                        event, "it names no XA transaction: " + statement.sql(), "Report this."));
    TransactionBuffer changes = prepared.remove(id);
    boolean commits = statement.kind() == Statement.Kind.XA_COMMIT;
    Transaction.Xa xa = new Transaction.Xa(id, false, changes != null || !commits);
    if (commits && changes != null) {
      return transaction(end, changes, true, xa);
    }
    if (changes != null) {
      changes.close();
    }
    return transaction(end, end.events, false, xa);
  }

  private void other(RawEvent event) {
    int type = event.type();
    if (type == EventCode.PARTIAL_UPDATE_ROWS) {
      TableMap table = maps.of(event);
      boolean over = open != null && open.passedOver;
      if (over || (table != null && !table.isRead())) {
        opened(event).startOf(event);
        return;
      }
    } else if (EventCode.isSilent(type) || event.ignorable()) {
      return;
    }
    throw unreadable(event, Unreadable.reason(type), Unreadable.remedy(type));
  }

  private SourceException unreadable(RawEvent event, String why, String remedy) {
    OpenTransaction current = open;
    return new SourceException(
        String.format(
            Locale.ROOT,
            "Event %s at %s:%s%s cannot be read: %s. %s",
            EventCode.name(event.type()),
            file,
            event.nextOffset() > 0
                ? event.nextOffset() - event.length()
                : current == null ? 0 : current.at(),
            current == null ? "" : " (transaction " + current.gtid + ")",
            why,
            remedy));
  }
}
