package io.millrace.cdc.mysql;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.ServerOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Galera cluster of two nodes. The second begins with a copy of the first one's data, so nothing
 * has to be installed for the transfer of a state. The cluster's library is the one that {@code
 * MILLRACE_GALERA} names.
 */
final class GaleraNodes implements AutoCloseable {
  private static final String VARIABLE = "MILLRACE_GALERA";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final MariaDbServer first;
  private final MariaDbServer second;

  private GaleraNodes(MariaDbServer first, MariaDbServer second) {
    this.first = first;
    this.second = second;
  }

  /** Starts both, or skips the test where no library is given. */
  static GaleraNodes start(boolean gtidMode) {
    String library = System.getenv(VARIABLE);
    assumeTrue(
        library != null,
        VARIABLE
            + " is not set: give it the path of libgalera_smm.so (Debian's package galera-4), for the nodes of a cluster.");
    if (library == null || !Files.isReadable(Path.of(library))) {
      throw new IllegalStateException(VARIABLE + "=" + library + " is no file that can be read");
    }
    int[] ports = freePorts();
    ServerOptions common =
        ServerOptions.defaults()
            .with("log-slave-updates", "ON")
            .with("innodb-autoinc-lock-mode", "2")
            .with("wsrep-on", "ON")
            .with("wsrep-sst-method", "skip")
            .with("wsrep-provider", Path.of(library).toAbsolutePath().toString())
            .with("wsrep-gtid-mode", gtidMode ? "ON" : "OFF")
            .with("wsrep-gtid-domain-id", "7");
    MariaDbServer first =
        MariaDbServer.startDedicated(node(common, 1, ports[0], ports[1], "gcomm://"));
    try {
      awaitReady(first);
      first.stop();
      Path copy = first.copyData();
      first.start();
      oneViewLater(copy);
      awaitReady(first);
      MariaDbServer second =
          MariaDbServer.startDedicated(
              node(common, 2, ports[2], ports[3], "gcomm://127.0.0.1:" + ports[0])
                  .withDataFrom(copy));
      awaitReady(second);
      return new GaleraNodes(first, second);
    } catch (RuntimeException e) {
      first.close();
      throw e;
    }
  }

  private static ServerOptions node(
      ServerOptions common, int number, int port, int transfer, String cluster) {
    return common
        .with("gtid-domain-id", Integer.toString(10 + number))
        .with("wsrep-cluster-address", cluster)
        .with("wsrep-node-address", "127.0.0.1:" + port)
        .with(
            "wsrep-provider-options",
            "gmcast.listen_addr=tcp://127.0.0.1:%d;ist.recv_addr=127.0.0.1:%d;gcache.size=16M;evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;pc.weight=%d"
                .formatted(port, transfer, number == 1 ? 1 : 2));
  }

  private static int[] freePorts() {
    int[] ports = new int[4];
    ServerSocket[] sockets = new ServerSocket[ports.length];
    try {
      for (int i = 0; i < ports.length; i++) {
        sockets[i] = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ports[i] = sockets[i].getLocalPort();
      }
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ports;
  }

  /**
   * The first node's start is an event of the cluster itself, without data: a node that says it has
   * seen that one too is let in without a transfer.
   */
  private static void oneViewLater(Path copy) {
    try {
      Path state = copy.resolve("data").resolve("grastate.dat");
      Matcher seqno = Pattern.compile("seqno:\\s*(\\d+)").matcher(Files.readString(state));
      String later = seqno.replaceFirst(found -> "seqno: " + (Long.parseLong(found.group(1)) + 1));
      Files.writeString(state, later);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void awaitReady(MariaDbServer node) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () ->
                "Synced"
                    .equals(
                        node.admin()
                            .query("show status like 'wsrep_local_state_comment'")
                            .get(0)
                            .get(1)));
  }

  /** The node that is read first. */
  MariaDbServer first() {
    return first;
  }

  /** The other one, which outvotes it. */
  MariaDbServer second() {
    return second;
  }

  /** Waits until a node has what was written on the other. */
  static void awaitSame(Database here, Database there, String sql) {
    await().atMost(PATIENCE).until(() -> there.value(sql).equals(here.value(sql)));
  }

  @Override
  public void close() {
    second.close();
    first.close();
  }
}
