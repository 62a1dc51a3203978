package io.millrace.cdc.mysql;

import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.source.ReaderStart;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a reader on the first of several servers that holds the position, and lets what writes go
 * to one that takes writes. While one of them is away, none of the others can make a position a
 * lost one: it may be late only, and the one that is away may hold it.
 */
final class ServerTurns {
  private static final Logger LOG = LoggerFactory.getLogger(ServerTurns.class);

  private final SourceSettings settings;
  private final SourceServers servers;

  ServerTurns(SourceSettings settings) {
    this.settings = settings;
    this.servers = settings.servers();
  }

  /** A server that was tried, and what came of it. */
  private record Failed(SourceServer server, SourceException why) {
    boolean isAway() {
      return why.retryable();
    }

    boolean isLost() {
      return why instanceof LostPositionException;
    }
  }

  MySqlReader open(ReaderStart start) {
    List<Failed> failed = new ArrayList<>();
    for (SourceServer server : servers.inTurn()) {
      try {
        MySqlReader reader = new ReaderOpening(settings.at(server), start).open();
        refuseBesideOneThatLost(server, failed, reader);
        opened(server);
        return reader;
      } catch (SourceException e) {
        if (!servers.areSeveral() || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        failed.add(new Failed(server, e));
        if (e.retryable()) {
          servers.away(server);
        }
      }
    }
    throw failure(failed);
  }

  private void opened(SourceServer server) {
    boolean other = !servers.read().map(server::equals).orElse(false);
    servers.reads(server);
    if (servers.areSeveral() && other) {
      LOG.info("Reads the log of {}, of {}", server.address(), servers.describe());
    }
  }

  /**
   * Where the server that applications write to does not hold the position any more, a replica that
   * still does is no way on: what is written from now on does not come from there.
   */
  private void refuseBesideOneThatLost(
      SourceServer server, List<Failed> failed, MySqlReader reader) {
    try {
      if (failed.stream().noneMatch(Failed::isLost) || takesWrites(server)) {
        return;
      }
      for (Failed other : failed) {
        if (other.isLost() && takesWrites(other.server)) {
          throw other.why;
        }
      }
    } catch (SourceException e) {
      reader.close();
      throw e;
    }
  }

  private boolean takesWrites(SourceServer server) {
    return new ServerCatalog(settings.at(server))
        .on("read whether it takes writes", ServerRole::read)
        .takesWrites();
  }

  private SourceException failure(List<Failed> failed) {
    String all =
        failed.stream().map(f -> f.why.getMessage()).distinct().collect(Collectors.joining(" "));
    SourceException first = failed.get(0).why;
    if (failed.stream().anyMatch(Failed::isAway)) {
      String away =
          failed.stream()
              .filter(Failed::isAway)
              .map(f -> f.server.place())
              .collect(Collectors.joining(", "));
      return new SourceException(
          String.format(
              Locale.ROOT,
              "No server can be read on. %s Waiting for %s: take it out of the source's servers where it"
                  + " never comes back.",
              all,
              away),
          first,
          true);
    }
    return failed.stream()
        .filter(f -> !f.isLost())
        .findFirst()
        .map(f -> f.why)
        .orElseGet(() -> new LostPositionException(all, first));
  }

  /**
   * Runs what writes, on the server that this is about or else on the first of the others that
   * takes writes. Where there is one server only, it is written in any case.
   *
   * @throws SourceException retryable, where none takes writes
   */
  <T> T writing(String what, ServerCatalog.Work<T> work) {
    if (!servers.areSeveral()) {
      return new ServerCatalog(settings).on(what, work);
    }
    List<SourceServer> order = new ArrayList<>(servers.inTurn());
    order.remove(settings.server());
    order.add(0, settings.server());
    List<String> reasons = new ArrayList<>();
    for (SourceServer server : order) {
      try {
        List<T> done =
            new ServerCatalog(settings.at(server))
                .on(
                    what,
                    connection ->
                        ServerRole.read(connection).takesWrites()
                            ? List.of(work.with(connection))
                            : List.<T>of());
        if (!done.isEmpty()) {
          return done.get(0);
        }
        reasons.add(server.place() + " is read-only or a replica");
      } catch (SourceException e) {
        if (!e.retryable()) {
          throw e;
        }
        servers.away(server);
        reasons.add(String.valueOf(e.getMessage()));
      }
    }
    throw new SourceException(
        String.format(
            Locale.ROOT,
            "No server takes writes, so nobody can %s: %s. Waiting for one that is promoted or comes"
                + " back.",
            what,
            String.join("; ", reasons)),
        null,
        true);
  }

  /** Runs what reads our own tables, where they are written, or else on this server. */
  <T> T ofWriter(String what, ServerCatalog.Work<T> work) {
    if (servers.areSeveral()) {
      try {
        return writing(what, work);
      } catch (SourceException e) {
        if (!e.retryable()) {
          throw e;
        }
      }
    }
    return new ServerCatalog(settings).on(what, work);
  }
}
