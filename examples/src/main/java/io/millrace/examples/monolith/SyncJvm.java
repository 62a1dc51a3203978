package io.millrace.examples.monolith;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * One side's sync in a JVM of its own, as it would be in life: {@link SyncProcess} started,
 * listened to, and ended.
 */
public final class SyncJvm implements AutoCloseable {
  /** The environment variable that hands the database's password to the process. */
  public static final String PASSWORD = "MILLRACE_EXAMPLE_PASSWORD";

  /**
   * What to start.
   *
   * @param main the class, on this JVM's class path
   * @param side the first argument
   * @param arguments the others
   * @param folder where its log goes, named after the side
   * @param password of the side's database
   */
  public record Launch(
      String main, String side, List<String> arguments, Path folder, String password) {
    /** With more arguments. */
    Launch with(List<String> more) {
      List<String> all = new ArrayList<>(arguments);
      all.addAll(more);
      return new Launch(main, side, all, folder, password);
    }

    @Override
    public String toString() {
      return main + " " + side + " " + arguments;
    }
  }

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

  /** Starts the JVM; its log is appended to. */
  static SyncJvm start(Launch launch) throws IOException {
    Path log = launch.folder().resolve(launch.side() + ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), launch.main(), launch.side()));
    command.addAll(launch.arguments());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // Not as an argument, which every user of the machine can read.
    builder.environment().put(PASSWORD, launch.password());
    SyncJvm jvm = new SyncJvm(launch.side(), builder.start(), log);
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

  boolean isReady() {
    synchronized (this) {
      return ready;
    }
  }

  long pid() {
    return process.pid();
  }

  /** Its exit status, or empty while it runs after that time. */
  OptionalInt awaitEnd(long millis) throws InterruptedException {
    if (!process.waitFor(millis, TimeUnit.MILLISECONDS)) {
      return OptionalInt.empty();
    }
    reader.join();
    return OptionalInt.of(process.exitValue());
  }

  /** SIGKILL, without waiting for the end. */
  void shoot() {
    process.destroyForcibly();
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
