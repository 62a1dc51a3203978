package io.millrace.cdc.mysql;

import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
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
    ServerState server = ServerState.read(catalog);
    if (start.position().isEmpty()) {
      if (!start.gapAccepted() && registration.hasRun(start.pipeline())) {
        throw new LostPositionException(
            String.format(
                Locale.ROOT,
                "Pipeline '%s' has read this log before, but has no saved position. Bring its position"
                    + " store back, or accept the gap to go on as on a first start.",
                start.pipeline()));
      }
      MySqlPosition position = first(server);
      MySqlReader.Opened opened = stream(server, position.set());
      return reader(log, risen(), position, opened);
    }
    MySqlPosition position = MySqlPosition.parse(start.position().get());
    checkHolds(server, position);
    return resume(log, server, position);
  }

  private MySqlPosition first(ServerState server) {
    boolean now = start.firstStart() == FirstStart.NOW;
    GtidSet set = now ? server.executed() : server.purged();
    String file = now ? server.file() : server.firstFile();
    return new MySqlPosition(server.flavour(), server.server(), file, 0, "", "", 0, set.toString());
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
    GtidSet read = GtidSet.parse(position.flavour(), position.set());
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

  private MySqlReader resume(String log, ServerState server, MySqlPosition position) {
    boolean sameLog =
        server.server().equals(position.server())
            && ServerState.baseName(server.file()).equals(ServerState.baseName(position.file()))
            && TransactionAssembler.fileNumber(server.file())
                >= TransactionAssembler.fileNumber(position.file());
    GtidSet without = GtidSet.parse(position.flavour(), position.set());
    if (position.hasWitness()) {
      without.remove(position.witness(), position.before());
    }
    if (!position.hasWitness() || !server.purged().minus(without).isEmpty()) {
      // Nothing to compare with, but nothing missing either.
      return resumeAt(log, server, position, sameLog, stream(server, position.set()));
    }
    MySqlReader.Opened opened = stream(server, without.toString());
    try {
      Transaction witness = firstOf(opened);
      checkWitness(position, witness);
      boolean samePlace =
          witness.file().equals(position.file()) && witness.offset() == position.offset();
      return resumeAt(log, server, position, sameLog && samePlace, opened);
    } catch (RuntimeException e) {
      opened.stream().close();
      opened.assembler().close();
      throw e;
    }
  }

  private MySqlReader resumeAt(
      String log,
      ServerState server,
      MySqlPosition position,
      boolean sameLog,
      MySqlReader.Opened opened) {
    if (sameLog) {
      long epoch = Math.max(start.epoch(), registration.epoch().orElse(0));
      return reader(log, epoch > 0 ? epoch : risen(), position, opened);
    }
    LOG.warn(
        "{} has another log than the saved position ({} of {}): versions start a new epoch",
        settings.address(),
        position.file(),
        position.server());
    MySqlPosition here =
        new MySqlPosition(
            position.flavour(), server.server(), server.firstFile(), 0, "", "", 0, position.set());
    return reader(log, risen(), here, opened);
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

  private Transaction firstOf(MySqlReader.Opened opened) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WITNESS_SECONDS);
    try {
      while (true) {
        RawEvent event = opened.stream().next(Math.max(0, deadline - System.nanoTime()));
        Transaction transaction = event == null ? null : opened.assembler().accept(event);
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

  private MySqlReader.Opened stream(ServerState server, String gtids) {
    TableMaps maps =
        new TableMaps(new TableMapParser(server.flavour(), settings.tables(), catalog));
    return new MySqlReader.Opened(
        start.pipeline(),
        BinlogStream.start(settings, start.pipeline(), gtids, serverId),
        new TransactionAssembler(
            server.flavour(), settings.tables(), maps, settings.transactionMemoryBytes()),
        start.position().isPresent() ? () -> {} : () -> registration.remember(start.pipeline()));
  }

  /** An epoch above all that were used, and above those of a store that was lost. */
  private long risen() {
    long highest = Math.max(start.epoch(), registration.epoch().orElse(0));
    return Math.max(highest + 1, settings.clock().instant().getEpochSecond());
  }

  private MySqlReader reader(
      String log, long epoch, MySqlPosition position, MySqlReader.Opened opened) {
    registration.raise(epoch);
    return new MySqlReader(settings, log, epoch, position, opened);
  }
}
