package io.millrace.examples.monolith;

import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.pipeline.PipelineStatus;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One side's sync as a process: runs until its input ends, and tells how it is doing on standard
 * output.
 */
final class SyncProcess {
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  /** How many arguments it takes; a test's own stand behind them. */
  static final int ARGUMENTS = 10;

  private SyncProcess() {}

  /** How a side's parts become its sync. */
  interface Wiring {
    Sync wire(Sync.Parts parts, ApplierListener listener);
  }

  /**
   * Arguments: side, what the monolith keeps (tables or documents), host, port, database, JDBC URL,
   * user, Kafka's bootstrap servers, topic, folder for files.
   */
  public static void main(String[] arguments) throws Exception {
    run(arguments, Sync::of);
  }

  /** Runs until the input ends. */
  static void run(String[] arguments, Wiring wiring) throws Exception {
    String side = arguments[0];
    Sync.Endpoint endpoint =
        new Sync.Endpoint(
            arguments[1],
            arguments[2],
            Integer.parseInt(arguments[3]),
            arguments[4],
            arguments[5],
            arguments[6],
            System.getenv(SyncJvm.PASSWORD),
            arguments[7],
            arguments[8]);
    Path folder = Path.of(arguments[9]);
    try (AppliedFile applied = new AppliedFile(folder, side);
        Sync sync = wiring.wire(Sync.parts(side, endpoint), applied)) {
      sync.start();
      boolean ready = false;
      while (!ParentInput.endsWithin(200)) {
        PipelineStatus pipeline = sync.pipeline().status();
        ApplierStatus applier = sync.applier().status();
        if (pipeline.state() == PipelineState.FAILED || applier.state() == ApplierState.FAILED) {
          System.err.println(pipeline);
          System.err.println(applier);
          System.exit(1);
        }
        report(pipeline, applier);
        if (!ready
            && pipeline.state() == PipelineState.RUNNING
            && applier.state() == ApplierState.RUNNING) {
          ready = true;
          OUT.println("ready");
        }
      }
    }
  }

  private static void report(PipelineStatus pipeline, ApplierStatus applier) {
    OUT.printf(
        "status captured=%d echoes=%d applied=%d duplicates=%d conflicts=%d held=%d delivered=%d standby=%d heap=%d threads=%d%n",
        pipeline.counters().captured(),
        pipeline.counters().echoes(),
        applier.applied(),
        applier.duplicates(),
        applier.conflicts(),
        applier.held(),
        applier.applied() + applier.duplicates() + applier.ignored() + applier.held(),
        pipeline.state() == PipelineState.STANDBY ? 1 : 0,
        liveHeapMegabytes(),
        ManagementFactory.getThreadMXBean().getThreadCount());
  }

  /** What was left after the last collection of each part of the heap. */
  private static long liveHeapMegabytes() {
    long bytes = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage usage = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
      bytes += usage == null ? 0 : usage.getUsed();
    }
    return bytes >> 20;
  }
}
