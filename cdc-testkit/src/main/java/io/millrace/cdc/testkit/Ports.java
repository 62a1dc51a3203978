package io.millrace.cdc.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Free TCP ports, below the range from which systems take the ports of outgoing connections: the
 * port of a server that is down for a moment must still be free when it comes back.
 */
final class Ports {

  private static final int FIRST = 20_000;
  private static final int COUNT = 12_000;

  /** JVMs start at places far apart, so that two do not try the same port at the same moment. */
  private static final AtomicInteger NEXT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 97 % COUNT));

  private Ports() {}

  static int free() {
    for (int tries = 0; tries < COUNT; tries++) {
      int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // taken: the next one
      }
    }
    throw new IllegalStateException(
        "no free TCP port from " + FIRST + " to " + (FIRST + COUNT - 1));
  }
}
