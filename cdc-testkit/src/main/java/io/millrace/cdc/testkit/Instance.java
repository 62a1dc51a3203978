package io.millrace.cdc.testkit;

import java.nio.file.Path;
import java.util.Map;

/** One running, or stopped, server, whichever way it runs. Implementations are thread-safe. */
interface Instance {

  /** Tells whether the server answers; throws while it does not. */
  @FunctionalInterface
  interface Probe {
    void check() throws Exception;
  }

  String description();

  String host();

  int port();

  /** Starts it and waits until the probe passes. */
  void start(Probe probe);

  /** Stops it in order. */
  void stop();

  /** Stops it as a power cut of the process would. */
  void kill();

  /** Freezes it without closing its connections. */
  void pause();

  /** Ends {@link #pause()}. */
  void resume();

  boolean isRunning();

  /** Settings for the next start. */
  void configure(Map<String, String> settings);

  /** A copy of the stopped server's files. */
  Path copyData();

  /** Ends it and removes its files; idempotent. */
  void close();
}
