package io.millrace.benchmarks.millrace;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import java.util.concurrent.TimeUnit;

/** Waits for pipelines and appliers. */
final class Waiting {
  private static final int PATIENCE_SECONDS = 60;
  private static final int PAUSE_MILLIS = 5;

  private Waiting() {}

  /** Returns once the applier reads. */
  static void untilRunning(Applier applier) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (applier.status().state() != ApplierState.RUNNING) {
      if (applier.status().state() == ApplierState.FAILED || System.nanoTime() > deadline) {
        throw new IllegalStateException("does not run: " + applier.status());
      }
      Thread.sleep(PAUSE_MILLIS);
    }
  }

  /** Returns once the pipeline reads. */
  static void untilRunning(Pipeline pipeline) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (pipeline.status().state() != PipelineState.RUNNING) {
      if (pipeline.status().state() == PipelineState.FAILED || System.nanoTime() > deadline) {
        throw new IllegalStateException("does not run: " + pipeline.status());
      }
      Thread.sleep(PAUSE_MILLIS);
    }
  }
}
