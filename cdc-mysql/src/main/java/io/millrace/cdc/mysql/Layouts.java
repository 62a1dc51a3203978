package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The columns of tables whose names the log leaves out ({@code binlog_row_metadata} MINIMAL or
 * NO_LOG), from the catalog. The catalog is of now, the rows are older: it counts for them only if
 * no statement in between changed the table's definition. So the log is read ahead up to the moment
 * of the catalog, for such statements only; and what is known is forgotten when one passes. Used by
 * one thread.
 */
final class Layouts {
  private static final long PATIENCE_MILLIS = 1_000;

  private final SourceSettings settings;
  private final ServerCatalog catalog;
  private final Ahead ahead;

  /** Everything before the transaction that is read now. */
  private final GtidSet passed;

  private final Map<String, CatalogTable> known = new HashMap<>();
  private final Map<String, String> changedLater = new HashMap<>();

  private final String threadName;
  private @Nullable FutureTask<Look> looking;
  private boolean patient;

  /** Statements in the transaction that is read now that change definitions. */
  private int definitionsInOpen;

  /** Looks ahead in the log. */
  interface Ahead {
    /**
     * Every statement that defines or removes tables between a transaction's beginning and a place.
     *
     * @param after everything before that transaction
     */
    List<Statement> definitions(GtidSet after, LogPlace until);
  }

  Layouts(SourceSettings settings, String pipeline, GtidSet passed, Ahead ahead) {
    this.threadName = "millrace-" + pipeline + "-catalog";
    this.settings = settings;
    this.catalog = new ServerCatalog(settings);
    this.passed = passed.copy();
    this.ahead = ahead;
  }

  /** A transaction was read to its end. */
  void passed(String gtid) {
    passed.add(gtid);
    definitionsInOpen = 0;
  }

  /** A statement was passed that may change what tables are made of. */
  void passed(Statement statement) {
    if (statement.definesTables()) {
      definitionsInOpen++;
      known.clear();
      changedLater.clear();
    }
  }

  /**
   * The columns of a table as they were when the rows were written that come now.
   *
   * @throws SourceException where nobody can tell any more
   * @throws NotYetException where that takes its time
   */
  CatalogTable of(String database, String table) {
    String name = database + "." + table;
    if (!known.containsKey(name)) {
      look(database, table);
    }
    String statement = changedLater.get(name);
    if (statement != null) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Table %s was logged without its columns' names (binlog_row_metadata), and its definition"
                  + " was changed after the rows that come now were written: %s. What the catalog says"
                  + " today need not hold for them. Set binlog_row_metadata=FULL and reconnect the"
                  + " writers, so that it cannot happen again; to go on, leave the table out until its"
                  + " rows of that time are passed, or accept the gap, and compare it with its copies.",
              name,
              statement));
    }
    CatalogTable found = known.get(name);
    if (found == null || found.columns().isEmpty()) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Table %s was logged without its columns' names (binlog_row_metadata), and the catalog has"
                  + " no such table: it was dropped or renamed, or may not be seen. Set"
                  + " binlog_row_metadata=FULL; leave the table out, or accept the gap.",
              name));
    }
    return found;
  }

  /**
   * Of one table, and of all captured ones at once, since looking ahead costs the same. On a thread
   * of its own, since the log to be read ahead may be long.
   */
  private void look(String database, String table) {
    FutureTask<Look> task = looking;
    if (task == null) {
      GtidSet after = passed.copy();
      task = new FutureTask<>(() -> look(database, table, after));
      looking = task;
      Thread thread = new Thread(task, threadName);
      thread.setDaemon(true);
      thread.start();
    }
    try {
      Look found = patient ? task.get() : task.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      looking = null;
      take(found);
    } catch (TimeoutException e) {
      throw new NotYetException();
    } catch (ExecutionException e) {
      looking = null;
      throw e.getCause() instanceof RuntimeException known
          ? known
          : new SourceException("The catalog could not be read: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceException("Interrupted while the catalog was read.", e, true);
    }
  }

  private record Look(Map<String, CatalogTable> tables, List<Statement> statements) {}

  private Look look(String database, String table, GtidSet after) {
    Map<String, CatalogTable> tables = new HashMap<>();
    LogPlace until =
        catalog.on(
            "read its catalog",
            connection -> {
              tables.put(database + "." + table, CatalogTable.read(connection, database, table));
              for (CapturedTable one : settings.tables().now(connection)) {
                tables.put(
                    one.qualified(), CatalogTable.read(connection, one.database(), one.table()));
              }
              // After the catalog: what it shows stands in the log before this place.
              return ServerState.end(connection);
            });
    return new Look(tables, ahead.definitions(after, until));
  }

  private void take(Look look) {
    known.putAll(look.tables);
    List<Statement> later = look.statements;
    for (Statement statement :
        later.subList(Math.min(definitionsInOpen, later.size()), later.size())) {
      for (String name : look.tables.keySet()) {
        if (statement.mayDefine(name)) {
          changedLater.putIfAbsent(name, statement.shortened());
        }
      }
    }
  }

  /** Whether to wait as long as it takes, where the same event cannot be taken a second time. */
  void patient(boolean wait) {
    patient = wait;
  }

  /** Ends what is under way. */
  void close() {
    FutureTask<Look> task = looking;
    if (task != null) {
      task.cancel(true);
    }
  }

  /** The columns are being looked up: take the same event again later. */
  static final class NotYetException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private NotYetException() {
      super("the catalog is being read", null, false, false);
    }
  }
}
