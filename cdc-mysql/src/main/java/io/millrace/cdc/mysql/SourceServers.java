package io.millrace.cdc.mysql;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The servers that hold the captured log, and which of them is read. Thread-safe.
 *
 * <p>The order in which they are tried: the one that was read last, then the others as they were
 * named; who did not answer a moment ago comes last.
 */
final class SourceServers {
  private final List<SourceServer> all;
  private final long awayNanos;

  // Guarded by this.
  private final Map<SourceServer, Long> awaySince = new HashMap<>();
  private @Nullable SourceServer read;

  /**
   * The servers.
   *
   * @param all at least one
   * @param away how long one that did not answer is tried after the others
   */
  SourceServers(List<SourceServer> all, Duration away) {
    this.all = List.copyOf(all);
    this.awayNanos = away.toNanos();
  }

  /** As they were named. */
  List<SourceServer> all() {
    return all;
  }

  /** Whether there is another one to go to. */
  boolean areSeveral() {
    return all.size() > 1;
  }

  /** As they are to be tried now. */
  synchronized List<SourceServer> inTurn() {
    List<SourceServer> order = new ArrayList<>(all);
    if (read != null) {
      order.remove(read);
      order.add(0, read);
    }
    long now = System.nanoTime();
    awaySince.values().removeIf(since -> now - since > awayNanos);
    List<SourceServer> last = order.stream().filter(awaySince::containsKey).toList();
    order.removeAll(last);
    order.addAll(last);
    return order;
  }

  /** The one that is to be asked first. */
  SourceServer first() {
    return inTurn().get(0);
  }

  /** A server could not be reached. */
  synchronized void away(SourceServer server) {
    awaySince.put(server, System.nanoTime());
  }

  /** A server was reached. */
  synchronized void reached(SourceServer server) {
    awaySince.remove(server);
  }

  /** A reader was opened on a server. */
  synchronized void reads(SourceServer server) {
    read = server;
    awaySince.remove(server);
  }

  /** The one that was read last; empty before. */
  synchronized Optional<SourceServer> read() {
    return Optional.ofNullable(read);
  }

  /** All of them, in messages. */
  String describe() {
    return all.size() == 1
        ? all.get(0).address()
        : all.stream()
            .map(SourceServer::place)
            .collect(Collectors.joining(", ", "MySQL servers ", ""));
  }
}
