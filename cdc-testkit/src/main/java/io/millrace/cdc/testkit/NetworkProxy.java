package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A bad network between a client and a server: a TCP proxy on the loopback interface that can cut,
 * refuse, delay, hold back, slow down and silently swallow what passes. It starts as a good one.
 *
 * <pre>{@code
 * try (NetworkProxy proxy = NetworkProxy.to(database.server())) {
 *   DataSource dataSource = database.dataSource(proxy);
 *   …
 *   proxy.halfOpen();   // connections stay, and nothing comes through any more
 *   …
 *   proxy.normal();     // new connections work again; the silent ones stay silent until cut()
 * }
 * }</pre>
 *
 * <p>Thread-safe. Its threads are named {@code testkit-proxy-…}; {@link #close()} ends them with
 * all connections.
 */
public final class NetworkProxy implements AutoCloseable {
  private static final int CONNECT_MILLIS = 5_000;
  private static final long REBIND_NANOS = 10_000_000_000L;

  /** What happens to bytes. */
  enum Flow {
    PASS,
    HOLD,
    SWALLOW,
    ANSWERS_LOST
  }

  private final int port;
  private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong cuts = new AtomicLong();
  final AtomicLong toServer = new AtomicLong();
  final AtomicLong toClient = new AtomicLong();
  final AtomicLong swallowed = new AtomicLong();
  private volatile @Nullable InetSocketAddress server;
  private volatile Flow flow = Flow.PASS;
  private volatile long delayNanos;
  private volatile long bytesPerSecond;
  private volatile boolean closed;
  private @Nullable ServerSocket listener; // guarded by this
  private @Nullable Thread accepting; // guarded by this

  private NetworkProxy() {
    this.port = Ports.free();
    listen();
  }

  /**
   * A proxy that knows no server yet and resets every connection until {@link #server(String, int)}
   * names one: for servers that must know the proxy's address before they start.
   */
  public static NetworkProxy open() {
    return new NetworkProxy();
  }

  /** A proxy before a server. */
  public static NetworkProxy to(String host, int port) {
    return open().server(host, port);
  }

  /** A proxy before a server; for Kafka see {@link KafkaServer#startDedicated}. */
  public static NetworkProxy to(SqlServer server) {
    return to(server.host(), server.port());
  }

  /** Where new connections go from now on; those that stand stay. */
  public NetworkProxy server(String host, int serverPort) {
    server = new InetSocketAddress(host, serverPort);
    return this;
  }

  /** Where clients connect to. */
  public String host() {
    return "127.0.0.1";
  }

  /** Where clients connect to; the same for the proxy's whole life. */
  public int port() {
    return port;
  }

  /** {@code host:port} of the proxy. */
  public String address() {
    return host() + ":" + port;
  }

  /** Ends every connection at once, silent ones too, with RST on both sides. */
  public void cut() {
    for (ProxiedConnection connection : connections) {
      cuts.incrementAndGet();
      connection.reset();
    }
  }

  /** Ends every connection in order, with FIN on both sides. */
  public void finish() {
    for (ProxiedConnection connection : connections) {
      cuts.incrementAndGet();
      connection.finish();
    }
  }

  /** Refuses new connections, as a host without the server does; those that stand stay. */
  public synchronized void refuse() {
    ServerSocket listening = listener;
    listener = null;
    quietly(listening);
    awaitEnd(accepting); // the system listens on until that thread has let go
    accepting = null;
  }

  /** Each way takes this much longer from now on. */
  public void delay(Duration eachWay) {
    delayNanos = eachWay.toNanos();
  }

  /** At most so many bytes per second, per connection and direction; 0: no limit. */
  public void throttle(long limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("bytes per second must not be negative, but are " + limit);
    }
    bytesPerSecond = limit;
  }

  /** Nothing comes through until {@link #normal()}, then all of it does, late. */
  public void hold() {
    flow = Flow.HOLD;
  }

  /**
   * Connections stay, new ones can be made, and every byte vanishes, and so does the news that a
   * side has closed, as when a router forgot the flow or the other host lost its power. A
   * connection that lost something stays silent for ever, also after {@link #normal()}, until
   * {@link #cut()} or until both sides have closed.
   */
  public void halfOpen() {
    flow = Flow.SWALLOW;
    connections.forEach(ProxiedConnection::silence);
  }

  /**
   * What goes to the server arrives, and its answers vanish: whatever is committed meanwhile, the
   * client does not know it. Else as {@link #halfOpen()}.
   */
  public void loseAnswers() {
    flow = Flow.ANSWERS_LOST;
    connections.forEach(ProxiedConnection::loseAnswers);
  }

  /** A good network again, for new connections and for those that lost nothing. */
  public void normal() {
    flow = Flow.PASS;
    delayNanos = 0;
    bytesPerSecond = 0;
    listen();
  }

  /** How many connections stand now, silent ones included. */
  public int connections() {
    return connections.size();
  }

  /** How many connections were accepted so far. */
  public long accepted() {
    return accepted.get();
  }

  /** Ends everything; idempotent. */
  @Override
  public void close() {
    closed = true;
    refuse();
    connections.forEach(ProxiedConnection::reset);
  }

  /** State and counts, on one line. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("proxy ").append(address()).append(" -> ");
    text.append(server == null ? "nowhere" : server).append(": ");
    text.append(
        switch (flow) {
          case PASS -> "passing";
          case HOLD -> "holding back";
          case SWALLOW -> "swallowing";
          case ANSWERS_LOST -> "swallowing answers";
        });
    synchronized (this) {
      text.append(closed ? ", closed" : listener == null ? ", refusing" : "");
    }
    if (delayNanos > 0) {
      text.append(", delay ").append(delayNanos / 1_000_000).append(" ms");
    }
    if (bytesPerSecond > 0) {
      text.append(", ").append(bytesPerSecond).append(" bytes/s");
    }
    long silent = connections.stream().filter(ProxiedConnection::isSilent).count();
    text.append("; ").append(connections.size()).append(" connections (").append(silent);
    text.append(" silent), ").append(accepted).append(" accepted, ").append(cuts).append(" cut, ");
    text.append(toServer).append(" bytes to the server, ").append(toClient).append(" back, ");
    return text.append(swallowed).append(" swallowed").toString();
  }

  private synchronized void listen() {
    if (listener != null || closed) {
      return;
    }
    long deadline = System.nanoTime() + REBIND_NANOS;
    while (true) {
      try {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getByName(host()), port));
        listener = socket;
        accepting = start("accept", () -> accept(socket));
        return;
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw new UncheckedIOException("cannot listen on " + address() + " again", e);
        }
        LockSupport.parkNanos(20_000_000L);
      }
    }
  }

  private void accept(ServerSocket listening) {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        accepted.incrementAndGet();
        start("connect", () -> connect(client));
      } catch (IOException e) {
        // Refusing or closed; the socket says which at the loop's head.
      }
    }
  }

  /** Of its own thread, which becomes the one that carries bytes to the server. */
  private void connect(Socket client) {
    InetSocketAddress address = server;
    Socket upstream = new Socket();
    try {
      if (address == null) {
        throw new IOException("no server yet");
      }
      upstream.connect(address, CONNECT_MILLIS);
      upstream.setTcpNoDelay(true);
      client.setTcpNoDelay(true);
    } catch (IOException e) {
      ProxiedConnection.reset(client);
      quietly(upstream);
      return;
    }
    ProxiedConnection connection = new ProxiedConnection(this, client, upstream);
    connections.add(connection);
    switch (flow) {
      case PASS, HOLD -> {}
      case SWALLOW -> connection.silence();
      case ANSWERS_LOST -> connection.loseAnswers();
    }
    if (closed) {
      connection.reset();
    }
    start("back", connection::carryBack);
    connection.carryForth();
  }

  private Thread start(String role, Runnable work) {
    Thread thread = new Thread(work, "testkit-proxy-" + port + "-" + role);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void awaitEnd(@Nullable Thread thread) {
    try {
      if (thread != null) {
        thread.join(CONNECT_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void forget(ProxiedConnection connection) {
    connections.remove(connection);
  }

  Flow flow() {
    return flow;
  }

  long delayNanos() {
    return delayNanos;
  }

  long bytesPerSecond() {
    return bytesPerSecond;
  }

  private static void quietly(@Nullable AutoCloseable closeable) {
    try {
      if (closeable != null) {
        closeable.close();
      }
    } catch (Exception e) {
      // It is gone, which is what is wanted.
    }
  }
}
