package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Ends a server and removes its files when this JVM dies without being able to, by SIGKILL for
 * instance.
 *
 * <p>A small shell reads from a pipe that only this JVM holds. The word {@code done} dismisses it;
 * the end of the pipe means that the JVM is gone. (A death signal set on the child would be tied to
 * the <em>thread</em> that started it, and threads of tests come and go.) Before it kills it looks
 * whether the process is still the one it was given, where the system can tell.
 */
final class Watchdog {

  private static final String SCRIPT =
      "trap '' INT TERM HUP; read -r word && exit 0; "
          + "if [ ! -r /proc/self/cmdline ] || grep -qF -- \"$2\" \"/proc/$1/cmdline\" 2>/dev/null; "
          + "then kill -KILL \"$1\"; fi; sleep 1; rm -rf -- \"$2\"";

  private final Process process;

  private Watchdog(Process process) {
    this.process = process;
  }

  /**
   * Watches over a server.
   *
   * @param pid the process to kill; its own children must end with it
   * @param home the directory to remove; must be part of the process's command line
   */
  static Watchdog over(long pid, Path home) throws IOException {
    return new Watchdog(
        new ProcessBuilder(
                List.of(
                    "sh", "-c", SCRIPT, "millrace-watchdog", Long.toString(pid), home.toString()))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  long pid() {
    return process.pid();
  }

  /** Ends the watch; the server has ended or is about to be ended by the caller. */
  void dismiss() {
    try (OutputStream out = process.getOutputStream()) {
      out.write("done\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      process.destroyForcibly(); // it has ended already, or does now
    }
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
