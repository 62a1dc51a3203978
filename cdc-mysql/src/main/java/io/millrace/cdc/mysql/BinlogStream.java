package io.millrace.cdc.mysql;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.network.AuthenticationException;
import com.github.shyiko.mysql.binlog.network.ServerException;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.internal.Distrust;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The raw events of one server from a GTID set on. A thread of its own runs the connector; whatever
 * the connector would log and pass over ends the stream with an error instead.
 */
final class BinlogStream implements AutoCloseable {
  private static final int SERVER_REFUSES = 1236;
  private static final long QUEUE_BYTES = 8 << 20;
  private static final int SIGNS_OF_LIFE = 5;
  private static final long CLOSE_MILLIS = 5_000;

  private final SourceSettings settings;
  private final GtidSet gtids;
  private final long serverId;
  private final EventQueue queue = new EventQueue(QUEUE_BYTES);
  private final BinlogClient client;
  private final Thread thread;
  private final CountDownLatch answered = new CountDownLatch(1);
  private volatile @Nullable Exception failure;
  private volatile boolean closing;

  /** Whether an event of the log itself came: it could be read where reading began. */
  private volatile boolean begun;

  private BinlogStream(
      SourceSettings settings, String pipeline, GtidSet gtids, long serverId, String identity) {
    this.settings = settings;
    this.gtids = gtids;
    this.serverId = serverId;
    this.client = new BinlogClient(settings, gtids, identity);
    client.setServerId(serverId);
    client.setKeepAlive(false);
    int silenceMillis = (int) Math.max(1, settings.timeout().toMillis() / 2);
    client.setHeartbeatInterval(Math.max(1, silenceMillis / SIGNS_OF_LIFE));
    client.setConnectTimeout(silenceMillis);
    client.setSocketFactory(() -> socket(silenceMillis));
    Tls.configure(client, settings);
    client.registerLifecycleListener(new Connected());
    thread = new Thread(this::run, "millrace-" + pipeline + "-binlog");
    thread.setDaemon(true);
  }

  /**
   * Starts to read what follows a GTID set; returns before the connection stands.
   *
   * @param identity of the server, as SQL told it: the log must come from the same one
   */
  static BinlogStream start(
      SourceSettings settings, String pipeline, GtidSet gtids, long serverId, String identity) {
    BinlogStream stream = new BinlogStream(settings, pipeline, gtids, serverId, identity);
    stream.thread.start();
    return stream;
  }

  /**
   * Waits until the server sends its log.
   *
   * @throws SourceException where it refuses to, or does not answer
   */
  void awaitAnswer() {
    try {
      if (!answered.await(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
        throw new SourceException(
            settings.address() + " sent nothing of its log within " + settings.timeout() + ".",
            null,
            true);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceException("Interrupted while the log was opened.", e, true);
    }
    if (queue.hasEnded()) {
      throw ended();
    }
  }

  /**
   * The next event, or null when none came in time.
   *
   * @throws SourceException once the stream has ended, whyever
   */
  @Nullable RawEvent next(long waitNanos) throws InterruptedException {
    RawEvent event = queue.poll(waitNanos);
    if (event == null && queue.hasEnded()) {
      throw ended();
    }
    return event;
  }

  /** Ends a wait for the next event; any thread. */
  void wakeUp() {
    queue.wakeUp();
  }

  /** Whether everything received was taken. */
  boolean isDrained() {
    return queue.isEmpty();
  }

  private static Socket socket(int silenceMillis) throws java.net.SocketException {
    Socket socket = new Socket();
    socket.setSoTimeout(silenceMillis); // the server's heartbeats come oftener
    socket.setKeepAlive(true);
    socket.setTcpNoDelay(true);
    return socket;
  }

  private void run() {
    try {
      client.connect();
    } catch (TakenOver e) {
      // it ended as it was to end
    } catch (IOException | RuntimeException e) {
      failed(e);
    } finally {
      queue.end();
      answered.countDown();
    }
  }

  /**
   * Everything after the connector's greeting: it would look at each event for itself, and go on
   * after most failures.
   */
  private void pump() {
    try {
      EventPackets packets = client.packets(queue::awaitAsked);
      for (List<RawEvent> events = packets.next(); events != null; events = packets.next()) {
        if (!queue.put(events)) {
          return;
        }
        if (!begun) {
          begun = events.stream().anyMatch(BinlogStream::isOfLog);
        }
        if (answered.getCount() > 0) {
          settings.server().trusted().set(true);
          answered.countDown();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop(e);
    } catch (IOException | RuntimeException e) {
      stop(e);
    }
  }

  private static boolean isOfLog(RawEvent event) {
    return !event.artificial()
        && event.nextOffset() > 0
        && event.type() != EventCode.FORMAT_DESCRIPTION
        && !EventCode.isSilent(event.type());
  }

  private void stop(Exception e) {
    if (!closing) {
      failed(e);
    }
    queue.end();
    disconnect();
  }

  private void disconnect() {
    try {
      client.disconnect();
    } catch (IOException ignored) {
      // the socket is gone, which is what we want
    }
  }

  private synchronized void failed(Exception e) {
    if (failure == null) {
      failure = e;
    }
  }

  private SourceException ended() {
    Exception e = failure;
    String where = settings.address();
    if (e == null) {
      return new SourceException(
          closing
              ? "The reader of " + where + " was closed."
              : where + " closed the connection." + evicted(),
          null,
          true);
    }
    if (e instanceof BinlogClient.OtherServerException) {
      return new SourceException(String.valueOf(e.getMessage()), e, true);
    }
    if (e instanceof AuthenticationException) {
      return new SourceException(
          String.format(
              Locale.ROOT,
              "%s refuses user '%s': %s. Check user and password.",
              where,
              settings.user(),
              e.getMessage()),
          e);
    }
    if (e instanceof ServerException server) {
      return refused(server, where);
    }
    if (Distrust.caused(e)) {
      return untrusted(e, where);
    }
    return new SourceException(
        "Lost the connection to "
            + where
            + ": "
            + e
            + (e instanceof EOFException ? "." + evicted() : ""),
        e,
        true);
  }

  /** Once it was trusted, a certificate may be one that is being renewed. */
  private SourceException untrusted(Exception e, String where) {
    return new SourceException(
        String.format(
            Locale.ROOT,
            "The certificate of %s is not trusted, or names another host: %s. Give sslContext(…) one"
                + " that trusts it, and host(…) a name that stands in it.",
            where,
            Distrust.reasons(e)),
        e,
        settings.server().trusted().get());
  }

  /**
   * The server ends the older of two readers without a word, or with one, as its version has it.
   */
  private String evicted() {
    return String.format(
        Locale.ROOT,
        " If it happens again and again, another reader or replica has server id %s too, and the two"
            + " evict each other: give each its own with serverId(…), or none for a random one.",
        serverId);
  }

  private SourceException refused(ServerException e, String where) {
    String message = String.valueOf(e.getMessage());
    String lower = message.toLowerCase(Locale.ROOT);
    boolean sameId = lower.contains("same server_uuid/server_id");
    boolean passes = sameId || lower.contains("shutdown");
    if (lower.contains("anonymous transaction when")) {
      return new SourceException(
          String.format(
              Locale.ROOT,
              "%s has transactions without GTIDs where this reader stands, and gtid_mode=ON keeps it from"
                  + " sending them: %s. SET GLOBAL gtid_mode=ON_PERMISSIVE until the reader has passed"
                  + " them.",
              where,
              message),
          e,
          true);
    }
    if (e.getErrorCode() == SERVER_REFUSES
        && gtids instanceof LogPlace place
        && !begun
        && !passes) {
      return new LostPositionException(
          String.format(
              Locale.ROOT,
              "%s holds another transaction, or none, at %s:%s of its binary log, where one was read: %s."
                  + " It was restored, or its log was reset: accept the gap or backfill.",
              where,
              place.file(),
              place.offset(),
              message),
          e);
    }
    if (e.getErrorCode() == SERVER_REFUSES
        && (lower.contains("purged")
            || lower.contains("gtid state")
            || lower.contains("gtid position")
            || lower.contains("more gtids")
            || lower.contains("not in the master"))) {
      return new LostPositionException(
          String.format(
              Locale.ROOT,
              "%s cannot continue after GTID set '%s': %s. What follows it is gone from the binary"
                  + " log: accept the gap or backfill.",
              where,
              gtids,
              message),
          e);
    }
    return new SourceException(
        String.format(
            Locale.ROOT,
            "%s refuses to send its binary log (error %s): %s%s",
            where,
            e.getErrorCode(),
            message,
            sameId ? "." + evicted() : ""),
        e,
        passes);
  }

  /** Ends thread and connection; idempotent; within seconds. */
  @Override
  public void close() {
    closing = true;
    queue.end();
    disconnect();
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the connector's own part. */
  private static final class TakenOver extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TakenOver() {
      super("the events were read", null, false, false);
    }
  }

  /**
   * Takes over when the connector has connected, and never gives back: what is left in its buffers
   * begins in the middle of a packet, and it would take that for events of any length.
   */
  private final class Connected extends BinaryLogClient.AbstractLifecycleListener {
    @Override
    public void onConnect(BinaryLogClient source) {
      pump();
      disconnect();
      throw new TakenOver();
    }

    @Override
    public void onCommunicationFailure(BinaryLogClient source, Exception e) {
      failed(e);
    }

    @Override
    public void onEventDeserializationFailure(BinaryLogClient source, Exception e) {
      stop(e);
    }
  }
}
