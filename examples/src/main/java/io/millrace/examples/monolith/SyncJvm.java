package io.millrace.examples.monolith;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * One side's sync in a JVM of its own, as it would be in life: {@link SyncProcess} started,
 * listened to, and ended.
 */
final class SyncJvm implements AutoCloseable {
  /** The environment variable that hands the database's password to the process. */
  static final String PASSWORD = "MILLRACE_EXAMPLE_PASSWORD";

  private final String side;
  private final Process process;
  private final Path log;
  private final Thread reader;

  // Guarded by this.
  private final Map<String, Long> numbers = new TreeMap<>();
  private boolean ready;

  private SyncJvm(String side, Process process, Path log) {
    this.side = side;
    this.process = process;
    this.log = log;
    this.reader = new Thread(this::read, "example-" + side);
    reader.setDaemon(true);
  }

  /** Starts the JVM; its log goes to a file in the folder. */
  static SyncJvm start(String side, Path folder, List<String> arguments, String password)
      throws IOException {
    Path log = folder.resolve(side + ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "io.millrace.examples.monolith.SyncProcess",
            side));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // Not as an argument, which every user of the machine can read.
    builder.environment().put(PASSWORD, password);
    Process process = builder.start();
    SyncJvm jvm = new SyncJvm(side, process, log);
    jvm.reader.start();
    return jvm;
  }

  /** Waits until its pipeline and applier run. */
  void awaitReady(long seconds) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!isReady()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new IllegalStateException(
            "The " + side + "'s sync did not start; see " + log.toAbsolutePath());
      }
      Thread.sleep(20);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  Path log() {
    return log;
  }

  /** SIGKILL; returns when it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
    reader.join();
  }

  synchronized Map<String, Long> numbers() {
    return Map.copyOf(numbers);
  }

  synchronized long number(String name) {
    return numbers.getOrDefault(name, 0L);
  }

  private synchronized boolean isReady() {
    return ready;
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said(line);
      }
    } catch (IOException e) {
      // The process ended; isAlive() says so.
    }
  }

  private synchronized void said(String line) {
    if (line.equals("ready")) {
      ready = true;
    } else if (line.startsWith("status ")) {
      for (String pair : line.substring("status ".length()).split(" ", -1)) {
        int equals = pair.indexOf('=');
        numbers.put(pair.substring(0, equals), Long.parseLong(pair.substring(equals + 1)));
      }
    }
  }

  /** Asks it to end by closing its input, and insists after a while. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
