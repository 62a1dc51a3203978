package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Short-lived helper commands. */
final class Shell {

  private static final int TIMEOUT_SECONDS = 180;
  private static final int TAIL_LINES = 40;

  private Shell() {}

  /**
   * Runs a command to its end and answers what it printed.
   *
   * @throws IOException if it cannot be run, does not end in three minutes, or ends with another
   *     status than 0; the message carries the end of its output
   */
  static String run(List<String> command) throws IOException {
    Path output = Files.createTempFile("millrace-testkit", ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(nullDevice()))
              .start();
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(
            "did not end within " + TIMEOUT_SECONDS + " s: " + command + "\n" + tail(output));
      }
      if (process.exitValue() != 0) {
        throw new IOException(
            "status " + process.exitValue() + " from " + command + "\n" + tail(output));
      }
      return Files.readString(output, StandardCharsets.UTF_8);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while running " + command, e);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /** Whether a command runs and ends with status 0. */
  static boolean succeeds(String... command) {
    try {
      run(List.of(command));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Sends a signal, {@code INT} or the like, to a process that may be gone. */
  static void signal(String name, long pid) {
    succeeds("sh", "-c", "kill -" + name + " " + pid);
  }

  /** The last lines of a log, for an error message. */
  static String tail(Path log) {
    try {
      List<String> lines =
          Files.exists(log) ? Files.readAllLines(log, StandardCharsets.ISO_8859_1) : List.of();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Nothing to read: a child must not share the standard input of the JVM. */
  static java.io.File nullDevice() {
    return new java.io.File("/dev/null");
  }
}
