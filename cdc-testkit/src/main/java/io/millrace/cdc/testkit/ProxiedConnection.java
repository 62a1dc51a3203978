package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** One connection through a {@link NetworkProxy}; each direction has a thread. */
final class ProxiedConnection {
  private static final int CHUNK = 16 * 1024;
  private static final long TICK_NANOS = 2_000_000L;

  private final NetworkProxy proxy;
  private final Socket client;
  private final Socket server;
  private final AtomicInteger carrying = new AtomicInteger(2);
  private volatile boolean silent;
  private volatile boolean answersLost;
  private volatile boolean finishing;
  private volatile boolean ended;

  ProxiedConnection(NetworkProxy proxy, Socket client, Socket server) {
    this.proxy = proxy;
    this.client = client;
    this.server = server;
  }

  void carryForth() {
    carry(client, server, proxy.toServer);
  }

  void carryBack() {
    carry(server, client, proxy.toClient);
  }

  /** From now on nothing comes through, for ever. */
  void silence() {
    silent = true;
  }

  /** From now on the client gets nothing, for ever. */
  void loseAnswers() {
    answersLost = true;
  }

  boolean isSilent() {
    return silent || answersLost;
  }

  void reset() {
    ended = true;
    reset(client);
    reset(server);
    proxy.forget(this);
  }

  void finish() {
    finishing = true;
    shutdown(client);
    shutdown(server);
  }

  static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // Closed already.
    }
    close(socket);
  }

  private void carry(Socket from, Socket to, AtomicLong count) {
    byte[] chunk = new byte[CHUNK];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      while (true) {
        int length = in.read(chunk, 0, chunkSize());
        if (length < 0) {
          break;
        }
        long readAt = System.nanoTime();
        if (pass(readAt, length) && !(answersLost && from == server)) {
          out.write(chunk, 0, length);
          count.addAndGet(length);
        } else {
          proxy.swallowed.addAndGet(length);
        }
      }
      endOfStream(to);
    } catch (IOException e) {
      // A side is gone. Where the connection is silent the other must not hear of it.
      if (!isSilent()) {
        reset();
      }
      close(from);
    } finally {
      if (carrying.decrementAndGet() == 0) {
        close(from);
        close(to);
        proxy.forget(this);
      }
    }
  }

  /** Small enough that a slow line gives something several times a second. */
  private int chunkSize() {
    long limit = proxy.bytesPerSecond();
    return limit == 0 ? CHUNK : (int) Math.max(1, Math.min(CHUNK, limit / 10));
  }

  /** Waits as the state of the network says; false where the bytes are lost. */
  private boolean pass(long readAt, int length) {
    long limit = proxy.bytesPerSecond();
    long wait = proxy.delayNanos() + (limit == 0 ? 0 : length * 1_000_000_000L / limit);
    while (!silent
        && !ended
        && (proxy.flow() == NetworkProxy.Flow.HOLD || System.nanoTime() - readAt < wait)) {
      LockSupport.parkNanos(TICK_NANOS);
    }
    return !silent && !finishing;
  }

  private void endOfStream(Socket to) {
    long now = System.nanoTime();
    // Nor does the server hear that a client has closed which got no answer.
    if (pass(now, 0) && !answersLost) {
      shutdown(to);
    }
  }

  private static void shutdown(Socket socket) {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      // Closed already.
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // Gone, which is what is wanted.
    }
  }
}
