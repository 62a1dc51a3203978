package io.millrace.benchmarks;

import java.io.PrintStream;
import java.util.Locale;

/** The line on the terminal that says what is being done. */
final class Progress {
  private final PrintStream out;
  private final long started = System.nanoTime();

  Progress(PrintStream out) {
    this.out = out;
  }

  /** Says something, with the time since the start. */
  void say(String format, Object... arguments) {
    long seconds = (System.nanoTime() - started) / 1_000_000_000;
    out.printf(
        Locale.ROOT,
        "%2d:%02d  %s%n",
        seconds / 60,
        seconds % 60,
        String.format(Locale.ROOT, format, arguments));
    out.flush();
  }
}
