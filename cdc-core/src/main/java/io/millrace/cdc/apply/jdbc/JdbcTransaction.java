package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldEvent;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.OffsetStep;
import io.millrace.cdc.apply.OwnLog;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.SeenHeartbeat;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.error.MillraceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.transport.Channel;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One transaction on a session's connection. */
final class JdbcTransaction implements TargetTransaction {
  private static final Logger log = LoggerFactory.getLogger(JdbcTransaction.class);

  private final JdbcSession session;
  private final Connection connection;
  private final SqlDialect dialect;
  private final OwnTables own;
  private final RowStatements rows;
  private boolean committed;

  JdbcTransaction(JdbcSession session) {
    this.session = session;
    this.connection = session.connection();
    this.dialect = session.dialect();
    this.own = session.own();
    this.rows = new RowStatements(connection, dialect);
  }

  @Override
  public void advance(Channel channel, Collection<OffsetStep> steps) {
    run("moving offsets", () -> own.advance(channel, steps));
  }

  @Override
  public void heard(Channel channel, Collection<SeenHeartbeat> heartbeats) {
    if (!heartbeats.isEmpty()) {
      run("noting heartbeats", () -> session.cleanup().heard(channel, List.copyOf(heartbeats)));
    }
  }

  @Override
  public Optional<OwnLog> ownLog() {
    return call("reading the registration", () -> dialect.ownLog(connection));
  }

  @Override
  public List<LedgerEntry> ledger(Collection<EntityKey> keys) {
    return call("reading the ledger", () -> own.ledger(keys));
  }

  @Override
  public Set<EntityKey> held(Collection<EntityKey> keys) {
    return call("reading held keys", () -> own.held(keys));
  }

  @Override
  public Map<EntityKey, Row> lock(String entity, Map<EntityKey, Row> keyValues) {
    return select(entity, keyValues, true);
  }

  @Override
  public Map<EntityKey, Row> read(String entity, Map<EntityKey, Row> keyValues) {
    return select(entity, keyValues, false);
  }

  @Override
  public List<Row> children(Nesting nesting, Collection<Row> parents) {
    MappedTable child = session.table(nesting.child());
    List<Row> values = new ArrayList<>(parents.size());
    for (Row parent : parents) {
      Row.Builder converted = Row.builder();
      for (int i = 0; i < nesting.parentKey().size() && i < parent.size(); i++) {
        String field = nesting.parentKey().get(i);
        converted.put(field, child.convert(field, parent.value(i)));
      }
      values.add(converted.build());
    }
    return call(
        "reading rows of " + child.table().name(),
        () -> rows.selectBy(child, nesting.parentKey(), values));
  }

  private Map<EntityKey, Row> select(String entity, Map<EntityKey, Row> keyValues, boolean lock) {
    MappedTable table = session.table(entity);
    return call(
        "reading rows of " + table.table().name(),
        () -> rows.select(table, keyValues, table.otherFields(), lock));
  }

  @Override
  public void write(String entity, List<RowWrite> writes) {
    MappedTable table = session.tableOrNull(entity);
    String what = table == null ? "noting '" + entity + "'" : "writing " + table.table().name();
    run(
        what,
        () -> {
          dialect.writeLedger(connection, group(table, writes));
          if (table != null) {
            rows.write(table, writes);
          }
        });
  }

  @Override
  public void vacate(String entity, List<RowWrite> upserts) {
    MappedTable table = session.table(entity);
    run(
        "exchanging unique values of " + table.table().name(),
        () -> {
          // These changes are the applier's own too.
          dialect.writeLedger(connection, group(table, upserts));
          rows.vacate(table, upserts);
        });
  }

  private LedgerGroup group(@Nullable MappedTable table, List<RowWrite> writes) {
    List<LedgerGroup.Entry> entries = new ArrayList<>(writes.size());
    for (RowWrite write : writes) {
      for (LedgerEntry entry : write.entries()) {
        entries.add(
            new LedgerGroup.Entry(
                entry, write.kind() == RowWrite.Kind.NONE ? null : write.keyOf(entry)));
      }
    }
    return new LedgerGroup(
        session.applier(),
        session.nextMark(),
        table == null ? null : table.table(),
        table == null ? List.of() : table.keyColumns(),
        entries);
  }

  @Override
  public void updateShadows(List<LedgerEntry> foldRows) {
    run("updating shadows", () -> own.updateShadows(foldRows));
  }

  @Override
  public void truncate(String entity, LedgerEntry entry) {
    MappedTable table = session.table(entity);
    run(
        "emptying " + table.table().name(),
        () -> {
          LedgerGroup.Entry note = new LedgerGroup.Entry(entry, Row.empty());
          dialect.writeLedger(
              connection,
              new LedgerGroup(
                  session.applier(),
                  session.nextMark(),
                  table.table(),
                  table.keyColumns(),
                  List.of(note)));
          try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("DELETE FROM " + table.table().sqlName());
          }
        });
  }

  @Override
  public boolean knowsLater(String entity, String log, byte[] version) {
    return call("reading the ledger", () -> own.knowsLater(entity, log, version));
  }

  @Override
  public void deliver(ChangeEvent event) {
    try {
      session.handler(event.entity()).accept(event);
    } catch (MillraceException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new RejectedException(
          "The handler of '%s' refused %s: %s".formatted(event.entity(), event, e), e);
    }
  }

  @Override
  public void hold(List<HeldEvent> events) {
    run("holding events", () -> own.hold(events));
  }

  @Override
  public List<HeldEvent> heldEvents(EntityKey key) {
    return call("reading held events", () -> own.heldEvents(key));
  }

  @Override
  public void release(EntityKey key, long upToOffset) {
    run("releasing held events", () -> own.release(key, upToOffset));
  }

  @Override
  public boolean take(EntityKey key, long offset) {
    return call("taking a held event", () -> own.take(key, offset));
  }

  @Override
  public void retried(EntityKey key, String error, int attempts, boolean parked) {
    run("noting a retry", () -> own.retried(key, error, attempts, parked));
  }

  @Override
  public Object savepoint() {
    return call("setting a savepoint", connection::setSavepoint);
  }

  @Override
  public void rollbackTo(Object savepoint) {
    run("rolling back to a savepoint", () -> connection.rollback((Savepoint) savepoint));
  }

  @Override
  public void releaseSavepoint(Object savepoint) {
    run("releasing a savepoint", () -> connection.releaseSavepoint((Savepoint) savepoint));
  }

  @Override
  public void commit() {
    run("committing", connection::commit);
    committed = true;
  }

  @Override
  public void close() {
    if (!committed) {
      try {
        connection.rollback();
      } catch (SQLException e) {
        log.debug("could not roll back: {}", e.getMessage());
      }
    }
  }

  private <T> T call(String what, Sql.Call<T> call) {
    return session.site().call(what, call);
  }

  private void run(String what, Sql.Action action) {
    session.site().run(what, action);
  }
}
