package io.millrace.cdc.mysql;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.network.AuthenticationException;
import com.github.shyiko.mysql.binlog.network.ServerException;
import com.github.shyiko.mysql.binlog.network.protocol.ResultSetRowPacket;
import com.github.shyiko.mysql.binlog.network.protocol.command.ByteArrayCommand;
import com.github.shyiko.mysql.binlog.network.protocol.command.DumpBinaryLogCommand;
import com.github.shyiko.mysql.binlog.network.protocol.command.QueryCommand;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.internal.Distrust;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
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
  private static final int NET_WRITE_TIMEOUT_SECONDS = 3_600;
  private static final long CLOSE_MILLIS = 5_000;

  private final SourceSettings settings;
  private final GtidSet gtids;
  private final long serverId;
  private final EventQueue queue = new EventQueue(QUEUE_BYTES);
  private final Client client;
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
    this.client = new Client(settings, gtids, identity);
    client.setServerId(serverId);
    client.setKeepAlive(false);
    int silenceMillis = (int) Math.max(1, settings.timeout().toMillis() / 2);
    client.setHeartbeatInterval(Math.max(1, silenceMillis / SIGNS_OF_LIFE));
    client.setConnectTimeout(silenceMillis);
    client.setEventDeserializer(new RawEventDeserializer());
    client.setSocketFactory(() -> socket(silenceMillis));
    Tls.configure(client, settings);
    client.registerEventListener(event -> hand(event.getData()));
    client.registerLifecycleListener(new Failures());
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
    } catch (IOException | RuntimeException e) {
      failed(e);
    } finally {
      queue.end();
      answered.countDown();
    }
  }

  private void hand(Object event) {
    try {
      if (!queue.put((RawEvent) event)) {
        client.disconnect();
      }
      if (!begun) {
        begun = isOfLog((RawEvent) event);
      }
      if (answered.getCount() > 0) {
        settings.server().trusted().set(true);
      }
      answered.countDown();
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

  /** The connector would go on after most failures; we do not. */
  private void stop(Exception e) {
    failed(e);
    queue.end();
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
    if (e instanceof OtherServerException) {
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
    try {
      client.disconnect();
    } catch (IOException ignored) {
      // it was not connected any more
    }
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Lets the server wait longer for a reader that is held back, and asks a MySQL server for its log
   * by ourselves: the connector knows no tagged GTIDs.
   */
  private static final class Client extends BinaryLogClient {
    private static final int DUMP_GTID = 0x1e;
    private static final int FROM_GTIDS = 4;
    private static final int FIRST_OFFSET = 4;
    private static final byte END_OF_ROWS = (byte) 0xfe;

    private final @Nullable MySqlGtidSet gtids;
    private final @Nullable LogPlace place;
    private final String address;
    private final String identity;

    Client(SourceSettings settings, GtidSet gtids, String identity) {
      super(settings.host(), settings.port(), settings.user(), settings.password().reveal());
      this.address = settings.address();
      this.identity = identity;
      this.gtids = gtids instanceof MySqlGtidSet set ? set : null;
      this.place = gtids instanceof LogPlace start ? start : null;
      if (gtids instanceof MariaDbGtidSet) {
        setGtidSet(gtids.toString());
      } else {
        setBinlogFilename("");
        setBinlogPosition(FIRST_OFFSET);
      }
    }

    @Override
    protected void setupConnection() throws IOException {
      super.setupConnection();
      channel.write(new QueryCommand("SET net_write_timeout=" + NET_WRITE_TIMEOUT_SECONDS));
      checkError(channel.read());
      channel.write(new QueryCommand(ServerProcess.IDENTITY));
      String found = ServerProcess.identityOf(rows());
      if (!found.equals(identity)) {
        throw new OtherServerException(address, found, identity);
      }
    }

    /** What a query answers: names and values. */
    private Map<String, String> rows() throws IOException {
      checkError(channel.read());
      while (channel.read()[0] != END_OF_ROWS) {
        // what the columns are called
      }
      Map<String, String> rows = new HashMap<>();
      for (byte[] packet = channel.read(); packet[0] != END_OF_ROWS; packet = channel.read()) {
        checkError(packet);
        ResultSetRowPacket row = new ResultSetRowPacket(packet);
        rows.put(row.getValue(0), row.getValue(1));
      }
      return rows;
    }

    @Override
    protected void requestBinaryLogStream() throws IOException {
      MySqlGtidSet set = gtids;
      LogPlace start = place;
      if (start != null) {
        channel.write(new DumpBinaryLogCommand(getServerId(), start.file(), start.offset()));
        return;
      }
      if (set == null) {
        super.requestBinaryLogStream();
        return;
      }
      byte[] encoded = set.encoded();
      ByteBuffer command =
          ByteBuffer.allocate(1 + 2 + 4 + 4 + 8 + 4 + encoded.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .put((byte) DUMP_GTID)
              .putShort((short) FROM_GTIDS)
              .putInt((int) getServerId())
              .putInt(0) // no file name
              .putLong(FIRST_OFFSET)
              .putInt(encoded.length)
              .put(encoded);
      channel.write(new ByteArrayCommand(command.array()));
    }
  }

  /** The two connections lead to different servers. */
  private static final class OtherServerException extends IOException {
    private static final long serialVersionUID = 1;

    OtherServerException(String address, String found, String told) {
      super(
          String.format(
              Locale.ROOT,
              "%s sends the log of server %s, but its data source leads to server %s. Give each server a"
                  + " data source that leads to it and to no other.",
              address,
              found,
              told));
    }
  }

  /** Every failure that the connector only reports ends the stream. */
  private final class Failures extends BinaryLogClient.AbstractLifecycleListener {
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
