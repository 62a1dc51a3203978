package io.millrace.cdc.mysql;

import io.millrace.cdc.internal.Connections;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One of the servers that hold the captured log.
 *
 * @param host of the replication protocol
 * @param port of it
 * @param connections SQL to the same server
 * @param sslMode of the connection that reads the log
 * @param trusted whether the server sent its log once: no setting, but known to all readers
 */
record SourceServer(
    String host, int port, Connections connections, SslMode sslMode, AtomicBoolean trusted) {

  /** {@code host:port}. */
  String place() {
    return host + ":" + port;
  }

  /** The server in messages. */
  String address() {
    return "MySQL server " + place();
  }
}
