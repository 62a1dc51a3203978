package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.apply.HeldCount;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.LedgerStretch;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.StoredOffset;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Connections;
import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.transport.Channel;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection to an SQL target. Used by one thread. */
final class JdbcSession implements TargetSession {
  private static final Logger log = LoggerFactory.getLogger(JdbcSession.class);
  private static final int VALID_TIMEOUT_SECONDS = 5;

  private final String applier;
  private final Connections.Lent lent;
  private final Connection connection;
  private final Sql.Site site;
  private final SqlDialect dialect;
  private final SqlDialect.Restore restore;
  private final OwnTables own;
  private final LedgerCleanup cleanup;
  private final Map<String, MappedTable> tables = new HashMap<>();
  private List<String> parentsFirst = List.of();
  private List<Nesting> nestings = List.of();

  /**
   * Starts with the time, so that no two applies of a row carry the same number, whichever session
   * makes them.
   */
  private long mark = Ambient.clock().millis() * 1_000;

  private final Map<String, Consumer<ChangeEvent>> handlers = new HashMap<>();

  private JdbcSession(
      String applier, Connections.Lent lent, Sql.Site site, SqlDialect.Restore restore) {
    this.applier = applier;
    this.lent = lent;
    this.connection = lent.connection();
    this.site = site;
    this.dialect = site.dialect();
    this.restore = restore;
    this.own = new OwnTables(applier, connection, dialect);
    this.cleanup = new LedgerCleanup(applier, connection, dialect, own);
  }

  static JdbcSession open(
      String applier,
      Connections connections,
      Duration timeout,
      SqlDialect dialect,
      Map<String, EntityMapping> mappings,
      List<Nesting> nestings) {
    Connections.Lent lent = connect(connections, dialect);
    Sql.Site site = new Sql.Site(dialect, connections.describe());
    Connection connection = lent.connection();
    try {
      connection.setAutoCommit(true);
      JdbcSession session =
          new JdbcSession(applier, lent, site, dialect.prepare(connection, timeout));
      session.check(mappings, nestings);
      connection.setAutoCommit(false);
      return session;
    } catch (SQLException e) {
      closeQuietly(lent);
      throw new ApplyException(
          "%s, opening a session: %s".formatted(site, e.getMessage()), e, true);
    } catch (RuntimeException e) {
      closeQuietly(lent);
      throw e;
    }
  }

  private static Connections.Lent connect(Connections connections, SqlDialect dialect) {
    try {
      return connections.take();
    } catch (Connections.UntrustedException e) {
      throw new ApplyException(
          "%s, connecting: %s"
              .formatted(new Sql.Site(dialect, connections.describe()), e.getMessage()),
          e);
    } catch (SQLException e) {
      Sql.Site site = new Sql.Site(dialect, connections.describe());
      throw Connections.isRefusal(e)
          ? new ApplyException(
              "%s refuses the connection: %s Correct user, password or database of the target's data source."
                  .formatted(site, e.getMessage()),
              e)
          : site.translate("connecting", e);
    }
  }

  private void check(Map<String, EntityMapping> mappings, List<Nesting> nested)
      throws SQLException {
    TargetCheck check = new TargetCheck(connection, dialect);
    check.install();
    boolean shared = false;
    for (EntityMapping mapping : mappings.values()) {
      Consumer<ChangeEvent> handler = mapping.handler();
      if (handler != null) {
        handlers.put(mapping.entity(), handler);
      } else if (mapping.mode() != EntityMode.IGNORED) {
        shared |= mapping.mode() == EntityMode.SHARED;
        check.table(mapping, tables);
      }
    }
    if (shared) {
      check.ownLog();
    }
    nested.forEach(nesting -> check.nesting(nesting, tables));
    nestings = nested;
    if (!check.problems().isEmpty()) {
      throw new ConfigurationException("applier '" + applier + "' on " + site, check.problems());
    }
    if (shared) {
      dialect.settleOwnEpoch(connection);
    }
    parentsFirst = parentsFirst(tables);
  }

  @Override
  public Map<Integer, StoredOffset> offsets(Channel channel) {
    return outside("reading offsets", () -> own.offsets(channel));
  }

  @Override
  public List<Nesting> nestings() {
    return nestings;
  }

  @Override
  public List<String> fields(String entity) {
    return table(entity).otherFields().asList();
  }

  @Override
  public List<String> parentsFirst() {
    return parentsFirst;
  }

  /** Names in an order of depth first; where foreign keys make a circle, somewhere is a first. */
  private static List<String> parentsFirst(Map<String, MappedTable> tables) {
    Set<String> order = new LinkedHashSet<>();
    tables.keySet().forEach(entity -> visit(entity, tables, new HashSet<>(), order));
    return List.copyOf(order);
  }

  private static void visit(
      String entity, Map<String, MappedTable> tables, Set<String> visiting, Set<String> order) {
    if (!visiting.add(entity) || order.contains(entity)) {
      return;
    }
    MappedTable table = Objects.requireNonNull(tables.get(entity));
    tables.forEach(
        (other, candidate) -> {
          if (table.table().parents().contains(candidate.table().name())) {
            visit(other, tables, visiting, order);
          }
        });
    order.add(entity);
  }

  @Override
  public Row convertKey(ChangeEvent event) {
    return table(event.entity()).convertKey(event);
  }

  @Override
  public Row convert(String entity, Row values) {
    return table(entity).convert(values);
  }

  @Override
  public TargetTransaction begin() {
    site.run("beginning a transaction", () -> dialect.begin(connection));
    return new JdbcTransaction(this);
  }

  @Override
  public List<HeldKey> heldKeys(int limit) {
    return outside("reading held keys", () -> own.heldKeys(limit, true));
  }

  @Override
  public List<HeldKey> retryableKeys(int limit) {
    return outside("reading held keys", () -> own.heldKeys(limit, false));
  }

  @Override
  public HeldCount heldCount() {
    return outside("counting held events", own::heldCount);
  }

  @Override
  public LedgerStretch cleanLedger(
      Channel channel, Optional<EntityKey> from, Duration retention, Instant now) {
    return outside(
        "cleaning the ledger",
        () -> {
          LedgerStretch stretch = cleanup.step(channel, from.orElse(null), retention, now);
          connection.commit();
          return stretch;
        });
  }

  private <T> T outside(String what, Sql.Call<T> call) {
    return site.call(
        what,
        () -> {
          T answer;
          try {
            answer = call.run();
          } catch (SQLException e) {
            rollbackAfter(e);
            throw e;
          }
          connection.rollback();
          return answer;
        });
  }

  private void rollbackAfter(SQLException e) {
    try {
      connection.rollback();
    } catch (SQLException suppressed) {
      e.addSuppressed(suppressed);
    }
  }

  MappedTable table(String entity) {
    MappedTable table = tables.get(entity);
    if (table == null) {
      throw Invariant.broken("entity '%s' has no table", entity);
    }
    return table;
  }

  @Nullable MappedTable tableOrNull(String entity) {
    return tables.get(entity);
  }

  Consumer<ChangeEvent> handler(String entity) {
    Consumer<ChangeEvent> handler = handlers.get(entity);
    if (handler == null) {
      throw Invariant.broken("entity '%s' has no handler", entity);
    }
    return handler;
  }

  /** The next statement group's number. */
  long nextMark() {
    return ++mark;
  }

  String applier() {
    return applier;
  }

  Connection connection() {
    return connection;
  }

  Sql.Site site() {
    return site;
  }

  SqlDialect dialect() {
    return dialect;
  }

  LedgerCleanup cleanup() {
    return cleanup;
  }

  OwnTables own() {
    return own;
  }

  @Override
  public boolean usable() {
    try {
      return !connection.isClosed() && connection.isValid(VALID_TIMEOUT_SECONDS);
    } catch (SQLException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try {
      if (!connection.isClosed()) {
        lent.hurry();
        connection.rollback();
        connection.setAutoCommit(true);
        restore.run();
      }
    } catch (SQLException e) {
      log.debug("could not restore the session before giving it back: {}", e.getMessage());
    }
    closeQuietly(lent);
  }

  private static void closeQuietly(Connections.Lent lent) {
    try {
      lent.close();
    } catch (SQLException e) {
      log.debug("could not close a connection: {}", e.getMessage());
    }
  }
}
