package io.millrace.examples.monolith;

import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.pipeline.PipelineStatus;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** The main loop of a child process: tells how it is doing until its parent ends it. */
public final class Child {
  /**
   * How it is doing.
   *
   * @param running whether it reads and writes
   * @param failed whether it gave up, which ends the process
   * @param numbers {@code name=number} pairs, separated by blanks
   * @param status for people, where it failed
   */
  public record Look(boolean running, boolean failed, String numbers, Object status) {}

  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Child() {}

  /** How an applier is doing: what it read it has also delivered. */
  public static Look look(ApplierStatus status) {
    long delivered = status.applied() + status.duplicates() + status.ignored() + status.held();
    return new Look(
        status.state() == ApplierState.RUNNING,
        status.state() == ApplierState.FAILED,
        "captured=%d delivered=%d applied=%d duplicates=%d held=%d"
            .formatted(delivered, delivered, status.applied(), status.duplicates(), status.held()),
        status);
  }

  /** How a pipeline is doing: what was acknowledged it has delivered. */
  public static Look look(PipelineStatus status) {
    return new Look(
        status.state() == PipelineState.RUNNING,
        status.state() == PipelineState.FAILED,
        "captured=%d filtered=%d delivered=%d"
            .formatted(
                status.counters().captured(),
                status.counters().filtered(),
                status.counters().acknowledged()),
        status);
  }

  /** Looks five times a second; returns when the input ends. */
  public static void run(Supplier<Look> part) throws InterruptedException {
    boolean ready = false;
    while (!ParentInput.endsWithin(200)) {
      Look look = part.get();
      if (look.failed()) {
        System.err.println(look.status());
        System.exit(1);
      }
      OUT.println("status " + look.numbers());
      if (!ready && look.running()) {
        ready = true;
        OUT.println("ready");
      }
    }
  }
}
