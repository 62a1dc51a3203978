package io.millrace.cdc.mysql;

import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens a reader: finds the position, checks that it is one of this log, decides the epoch. */
final class ReaderOpening {
  private static final Logger LOG = LoggerFactory.getLogger(ReaderOpening.class);
  private static final long WITNESS_SECONDS = 60;
  private static final long LOWEST_RANDOM_SERVER_ID = 1L << 31;

  private final SourceSettings settings;
  private final ReaderStart start;
  private final ServerCatalog catalog;
  private final MySqlRegistration registration;
  private final long serverId;

  ReaderOpening(SourceSettings settings, ReaderStart start) {
    this.settings = settings;
    this.start = start;
    this.catalog = new ServerCatalog(settings);
    this.registration = new MySqlRegistration(settings);
    this.serverId =
        settings
            .serverId()
            .orElseGet(
                () ->
                    LOWEST_RANDOM_SERVER_ID
                        + settings.random().nextLong(LOWEST_RANDOM_SERVER_ID - 1));
  }

  MySqlReader open() {
    String log = registration.log();
    Optional<MySqlPosition> saved = start.position().map(MySqlPosition::parse);
    ServerState server = ServerState.read(catalog, saved.map(MySqlPosition::isPlace));
    if (saved.isEmpty()) {
      return first(log, server);
    }
    MySqlPosition position = saved.get();
    settings
        .tables()
        .changedSince(position.captured())
        .ifPresent(change -> LOG.warn("Pipeline '{}': {}", start.pipeline(), change));
    checkHolds(server, position);
    return resume(log, server, position);
  }

  private MySqlReader first(String log, ServerState server) {
    if (!start.gapAccepted() && registration.hasRun(start.pipeline())) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "Pipeline '%s' has read this log before, but has no saved position. Bring its position"
                  + " store back, or accept the gap to go on as on a first start.",
              start.pipeline()));
    }
    MySqlPosition position = first(server);
    MySqlReader.Opened opened = stream(server, read(position));
    return guarded(
        opened,
        () -> {
          opened.stream().awaitAnswer();
          return reader(log, risen(), position, opened);
        });
  }

  private static GtidSet read(MySqlPosition position) {
    return GtidSet.parse(position.flavour(), position.set());
  }

  /** Closes the stream where something fails before a reader has it. */
  private static <T> T guarded(MySqlReader.Opened opened, Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      opened.stream().close();
      opened.assembler().close();
      throw e;
    }
  }

  private MySqlPosition first(ServerState server) {
    boolean now = start.firstStart() == FirstStart.NOW;
    GtidSet set = now ? server.executed() : server.purged();
    String file = now ? server.file() : server.firstFile();
    return new MySqlPosition(
        server.flavour(), server.server(), file, 0, "", "", 0, set.toString(), List.of(), "");
  }

  /** All that the position has read must be in the server's history, and nothing after it gone. */
  private void checkHolds(ServerState server, MySqlPosition position) {
    if (server.flavour() != position.flavour()) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "The saved position is one of %s, but %s is %s.",
              position.flavour().label(),
              settings.address(),
              server.flavour().label()));
    }
    if (position.isPlace()) {
      checkSameServer(server, position);
    } else if (!server.gtids()) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "The saved position names transactions by their GTIDs, and %s gives none any more"
                  + " (gtid_mode). Turn them on again, or accept the gap or backfill.",
              settings.address()));
    }
    GtidSet read = read(position);
    String missing = read.minus(server.executed());
    if (!missing.isEmpty()) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "%s never executed '%s', which was read before: it was restored, reset, or took over"
                  + " without these transactions. Accept the gap or backfill.",
              settings.address(),
              missing));
    }
    String gone = server.purged().minus(read);
    if (!gone.isEmpty()) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "%s has purged '%s', which was not read yet. Accept the gap or backfill, and keep the"
                  + " binary log longer (binlog_expire_logs_seconds).",
              settings.address(),
              gone));
    }
  }

  private void checkSameServer(ServerState server, MySqlPosition position) {
    String now = ServerProcess.identity(server.server());
    String before = ServerProcess.identity(position.server());
    if (!now.equals(before)) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "The saved position is a place in the log files of server %s, and %s is server %s: without"
                  + " GTIDs nobody can tell where that is in another server's log. Bring that server back,"
                  + " or accept the gap or backfill; gtid_mode=ON lets a reader change servers.",
              before,
              settings.address(),
              now));
    }
  }

  private MySqlReader resume(String log, ServerState server, MySqlPosition position) {
    GtidSet read = read(position);
    GtidSet without = position.settled();
    if (!position.open().isEmpty() && !server.purged().minus(without).isEmpty()) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "%s has purged '%s', and with it an XA transaction that was prepared and not ended"
                  + " when it was read (%s). Accept the gap or backfill.",
              settings.address(),
              server.purged().minus(without),
              position.open().get(0).gtid()));
    }
    if (!position.hasWitness() || !server.purged().minus(without).isEmpty()) {
      // Nothing to compare with, but nothing missing either. Where the log begins behind all that
      // was read, it may as well have begun anew, and its coordinates with it.
      boolean known = !position.hasWitness() && !read.minus(server.purged()).isEmpty();
      MySqlPosition here = position.without(server.server(), server.file());
      MySqlReader.Opened opened = stream(server, read(position));
      return guarded(
          opened,
          () -> {
            opened.stream().awaitAnswer();
            return resumeAt(log, server, position, here, known, opened);
          });
    }
    MySqlReader.Opened opened = stream(server, without);
    if (position.open().stream().noneMatch(one -> one.gtid().equals(position.witness()))) {
      opened.assembler().passOver(position.witness());
    }
    return guarded(
        opened,
        () -> {
          Transaction witness = witnessOf(opened, position);
          checkWitness(position, witness);
          MySqlPosition here = position.at(server.server(), witness.file(), witness.offset());
          boolean samePlace =
              witness.file().equals(position.file()) && witness.offset() == position.offset();
          return resumeAt(log, server, position, here, samePlace, opened);
        });
  }

  private MySqlReader resumeAt(
      String log,
      ServerState server,
      MySqlPosition position,
      MySqlPosition here,
      boolean known,
      MySqlReader.Opened opened) {
    boolean sameCoordinates =
        known
            && ServerState.baseName(server.file()).equals(ServerState.baseName(position.file()))
            && TransactionAssembler.fileNumber(server.file())
                >= TransactionAssembler.fileNumber(position.file());
    long registered = registration.epoch().orElse(0);
    if (sameCoordinates && server.server().equals(position.server())) {
      long epoch = Math.max(start.epoch(), registered);
      return reader(log, epoch > 0 ? epoch : risen(), position, opened);
    }
    if (sameCoordinates
        && registered > start.epoch()
        && registration.server().equals(server.server())) {
      // Another pipeline, or this one before it could save, raised it for this run of the server.
      return reader(log, registered, here, opened);
    }
    LOG.warn(
        "{} {} since position {}:{} was saved: versions start a new epoch",
        settings.address(),
        changed(server, position, sameCoordinates),
        position.file(),
        position.offset());
    return reader(log, risen(), here, opened);
  }

  private static String changed(
      ServerState server, MySqlPosition position, boolean sameCoordinates) {
    String now = ServerProcess.identity(server.server());
    String before = ServerProcess.identity(position.server());
    if (!now.equals(before)) {
      return String.format(Locale.ROOT, "became another server (%s, was %s)", now, before);
    }
    return sameCoordinates ? "was restarted or restored" : "has purged or begun anew its log";
  }

  private void checkWitness(MySqlPosition position, Transaction witness) {
    witness.events().close();
    if (!witness.gtid().equals(position.witness()) || witness.hash() != position.hash()) {
      throw new LostPositionException(
          String.format(
              Locale.ROOT,
              "%s holds another transaction where %s was read (it has %s): it was restored or reset"
                  + " and wrote on. Accept the gap or backfill.",
              settings.address(),
              position.witness(),
              witness.gtid().equals(position.witness()) ? "other rows" : witness.gtid()));
    }
  }

  /**
   * The last transaction read. Before it come those that were open, and on MariaDB what follows
   * them in their domain: all of it read before, so only the open ones are kept.
   */
  private Transaction witnessOf(MySqlReader.Opened opened, MySqlPosition position) {
    Map<String, MySqlPosition.Prepared> open = new HashMap<>();
    position.open().forEach(one -> open.put(one.gtid(), one));
    while (true) {
      Transaction transaction = firstOf(opened);
      MySqlPosition.Prepared waiting = open.remove(transaction.gtid());
      Transaction.Xa xa = transaction.xa();
      if (waiting != null && xa != null) {
        opened.prepared().put(xa.id(), waiting);
      }
      boolean readBefore = read(position).has(transaction.gtid());
      if (position.open().isEmpty()
          || transaction.gtid().equals(position.witness())
          || !readBefore) {
        return transaction;
      }
      transaction.events().close();
    }
  }

  private Transaction firstOf(MySqlReader.Opened opened) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WITNESS_SECONDS);
    try {
      while (true) {
        RawEvent event = opened.stream().next(Math.max(0, deadline - System.nanoTime()));
        Transaction transaction = event == null ? null : accept(opened, event, deadline);
        if (transaction != null) {
          return transaction;
        }
        if (event == null && System.nanoTime() > deadline) {
          throw new SourceException(
              settings.address()
                  + " did not send the last transaction read again within "
                  + WITNESS_SECONDS
                  + " s.",
              null,
              true);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceException("Interrupted while the last transaction was read again.", e, true);
    }
  }

  private static @Nullable Transaction accept(
      MySqlReader.Opened opened, RawEvent event, long deadline) {
    while (true) {
      try {
        return opened.assembler().accept(event);
      } catch (Layouts.NotYetException e) {
        if (System.nanoTime() > deadline) {
          throw new SourceException("The log could not be read ahead in time.", e, true);
        }
      }
    }
  }

  private MySqlReader.Opened stream(ServerState server, GtidSet gtids) {
    String identity = ServerProcess.identity(server.server());
    Layouts layouts =
        settings.minimalMetadata()
            ? new Layouts(
                settings,
                start.pipeline(),
                gtids,
                new DefinitionScan(settings, start.pipeline(), identity))
            : null;
    TableMaps maps =
        new TableMaps(new TableMapParser(server.flavour(), settings.tables(), catalog, layouts));
    return new MySqlReader.Opened(
        start.pipeline(),
        BinlogStream.start(settings, start.pipeline(), gtids, serverId, identity),
        new TransactionAssembler(
            server.flavour(),
            settings.tables(),
            maps,
            settings.transactionMemoryBytes(),
            gtids instanceof LogPlace,
            layouts),
        catalog.on("read how long it keeps its binary log", ReaderOpening::kept),
        start.position().isPresent() ? () -> {} : () -> registration.remember(start.pipeline()),
        new LinkedHashMap<>());
  }

  /** Empty where the server purges nothing by itself, or does not say. */
  private static Optional<Duration> kept(Connection connection) throws SQLException {
    String seconds = ServerCatalog.variable(connection, "binlog_expire_logs_seconds");
    boolean purges =
        !ServerCatalog.variable(connection, "binlog_expire_logs_auto_purge")
            .equalsIgnoreCase("OFF");
    return !purges || seconds.isEmpty() || seconds.equals("0")
        ? Optional.empty()
        : Optional.of(Duration.ofSeconds(Long.parseLong(seconds)));
  }

  /** An epoch above all that were used, and above those of a store that was lost. */
  private long risen() {
    long highest = Math.max(start.epoch(), registration.epoch().orElse(0));
    return Math.max(highest + 1, settings.clock().millis());
  }

  private MySqlReader reader(
      String log, long epoch, MySqlPosition position, MySqlReader.Opened opened) {
    registration.raise(epoch, position.server());
    return new MySqlReader(settings, log, epoch, position, opened);
  }
}
