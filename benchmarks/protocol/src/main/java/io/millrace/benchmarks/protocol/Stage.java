package io.millrace.benchmarks.protocol;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The main loop of a contender's process. */
public final class Stage {
  /** Said once the contender is made, and after {@link #PREPARE}. */
  public static final String READY = "ready";

  /** Said by a round that waits for rows to be written. */
  public static final String LISTENING = "listening";

  /** Said, with the reason, before the process ends in failure. */
  public static final String FAILED = "failed ";

  /** Command: note where the log stands. */
  public static final String PREPARE = "prepare";

  /** Command, with its number: do the task. */
  public static final String ROUND = "round ";

  private Stage() {}

  /** Makes a contender. */
  @FunctionalInterface
  public interface Factory {
    /** For this job. */
    Contender make(Job job) throws Exception;
  }

  /**
   * Obeys the harness until its input ends, then ends the process, whatever threads are left.
   *
   * @param arguments the program's
   */
  public static void run(String[] arguments, Factory factory) {
    PrintStream out = System.out;
    System.setOut(System.err); // libraries that talk must not talk to the harness
    int status = 1;
    try (Contender contender = factory.make(Job.parse(arguments));
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      say(out, READY);
      for (String command = in.readLine(); command != null; command = in.readLine()) {
        if (command.equals(PREPARE)) {
          contender.prepare();
          say(out, READY);
        } else {
          Meter meter = new Meter(out);
          contender.round(Integer.parseInt(command.substring(ROUND.length())), meter);
          say(out, meter.reading().toJson());
        }
      }
      status = 0;
    } catch (Throwable e) {
      e.printStackTrace();
      say(out, FAILED + String.valueOf(e).replace('\n', ' '));
    }
    Runtime.getRuntime().halt(status);
  }

  private static void say(PrintStream out, String line) {
    out.println(line);
    out.flush();
  }
}
