package io.millrace.examples.monolith;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One side's sync over all its lives: a JVM that may be killed and started again. */
public final class SyncSide implements AutoCloseable {
  private final SyncJvm.Launch launch;

  // Guarded by this.
  private final Map<String, Long> before = new HashMap<>();
  private final Map<String, Integer> deaths = new TreeMap<>();
  private SyncJvm jvm;

  private SyncSide(SyncJvm.Launch launch) throws IOException {
    this.launch = launch;
    this.jvm = SyncJvm.start(launch);
  }

  /** Starts its first life. */
  public static SyncSide start(SyncJvm.Launch launch) throws IOException {
    return new SyncSide(launch);
  }

  String name() {
    return launch.side();
  }

  SyncJvm.Launch launch() {
    return launch;
  }

  /** Waits until the present life runs. */
  public void awaitReady(long seconds) throws InterruptedException {
    current().awaitReady(seconds);
  }

  /** SIGKILL where it still lives, and a new JVM at once. */
  synchronized SyncJvm restart(String cause, List<String> moreArguments)
      throws IOException, InterruptedException {
    jvm.kill();
    died(cause);
    jvm.numbers().forEach((number, value) -> before.merge(number, value, Long::sum));
    jvm = SyncJvm.start(launch.with(moreArguments));
    return jvm;
  }

  /** Counts a death. */
  synchronized void died(String cause) {
    deaths.merge(cause, 1, Integer::sum);
  }

  /** How often it died, by cause. */
  public synchronized Map<String, Integer> deaths() {
    return Map.copyOf(deaths);
  }

  /** A count over all lives, as far as a life could tell before it was killed. */
  public synchronized long total(String number) {
    return before.getOrDefault(number, 0L) + jvm.number(number);
  }

  /** What the present life says. */
  public long now(String number) {
    return current().number(number);
  }

  /** Whether the present life goes on. */
  public boolean isAlive() {
    return current().isAlive();
  }

  /** Where it writes what went wrong. */
  public Path log() {
    return current().log();
  }

  synchronized SyncJvm current() {
    return jvm;
  }

  @Override
  public void close() {
    current().close();
  }
}
