package io.millrace.cdc.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A server's program on this machine: how its directory is made, how it is started and stopped. */
interface ServerProgram {

  /** What this is and where it came from, for the log: {@code MariaDB 11.4.5, embedded}. */
  String description();

  /**
   * Makes an empty server.
   *
   * @param home an empty directory that exists; everything the server writes goes below it
   */
  void initialize(Path home) throws IOException;

  /** The settings it runs with where the caller says nothing else. */
  Map<String, String> defaultSettings();

  /**
   * The command that runs it in the foreground, as the process itself (no shell stays between).
   *
   * @param settings the default settings with the caller's laid over them
   */
  List<String> command(Path home, int port, Map<String, String> settings) throws IOException;

  /** The signal that stops it in order and soon, connected clients or not. */
  default String stopSignal() {
    return "TERM";
  }

  /** A setting's name in the one form it is stored under, where the server knows several. */
  default String canonicalName(String setting) {
    return setting;
  }
}
