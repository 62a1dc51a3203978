package io.millrace.cdc.testkit;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How a dedicated server is to be started. Immutable; every {@code with…} answers a changed copy.
 *
 * @param settings the server's own settings, laid over the testkit's: {@code postgresql.conf} names
 *     for PostgreSQL, long options without the dashes for MySQL and MariaDB, broker properties for
 *     Kafka
 * @param port the TCP port, or 0 (default) for a free one; a server keeps its port over restarts
 * @param dataFrom a copy made by {@link TestServer#copyData()} to start from in place of an empty
 *     server
 */
public record ServerOptions(Map<String, String> settings, int port, Optional<Path> dataFrom) {

  /** Checks and copies. */
  public ServerOptions {
    settings = Map.copyOf(settings);
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port must be 0 to 65535, but is " + port);
    }
  }

  /** The testkit's settings, a free port, no data. */
  public static ServerOptions defaults() {
    return new ServerOptions(Map.of(), 0, Optional.empty());
  }

  /** With one setting added or replaced. */
  public ServerOptions with(String name, String value) {
    Map<String, String> changed = new LinkedHashMap<>(settings);
    changed.put(name, value);
    return new ServerOptions(changed, port, dataFrom);
  }

  /** On a fixed port. */
  public ServerOptions withPort(int fixed) {
    return new ServerOptions(settings, fixed, dataFrom);
  }

  /** Starting from a copy of another server's data, as a restored backup would. */
  public ServerOptions withDataFrom(Path copy) {
    return new ServerOptions(settings, port, Optional.of(copy));
  }
}
