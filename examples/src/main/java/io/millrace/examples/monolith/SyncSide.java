package io.millrace.examples.monolith;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One side's sync over all its lives: a JVM that may be killed and started again. */
final class SyncSide implements AutoCloseable {
  private final String name;
  private final Path folder;
  private final List<String> settings;
  private final String password;

  // Guarded by this.
  private final Map<String, Long> before = new HashMap<>();
  private SyncJvm jvm;
  private int kills;

  private SyncSide(String name, Path folder, List<String> settings, String password)
      throws IOException {
    this.name = name;
    this.folder = folder;
    this.settings = settings;
    this.password = password;
    this.jvm = SyncJvm.start(name, folder, settings, password);
  }

  static SyncSide start(String name, Path folder, List<String> settings, String password)
      throws IOException {
    return new SyncSide(name, folder, settings, password);
  }

  void awaitReady(long seconds) throws InterruptedException {
    current().awaitReady(seconds);
  }

  /** SIGKILL, and a new JVM at once. */
  synchronized void killAndRestart() throws IOException, InterruptedException {
    jvm.kill();
    kills++;
    jvm.numbers().forEach((number, value) -> before.merge(number, value, Long::sum));
    jvm = SyncJvm.start(name, folder, settings, password);
  }

  synchronized int kills() {
    return kills;
  }

  /** A count over all lives, as far as a life could tell before it was killed. */
  synchronized long total(String number) {
    return before.getOrDefault(number, 0L) + jvm.number(number);
  }

  /** What the present life says. */
  long now(String number) {
    return current().number(number);
  }

  boolean isAlive() {
    return current().isAlive();
  }

  Path log() {
    return current().log();
  }

  private synchronized SyncJvm current() {
    return jvm;
  }

  @Override
  public void close() {
    current().close();
  }
}
