package io.millrace.benchmarks.millrace;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.Source;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A whole pipeline from the oldest change on: decoded, encoded as protobuf, published to nobody.
 */
final class PipelineDrain implements Contender {
  private static final int PATIENCE_SECONDS = 150;

  private final Job job;
  private @Nullable Source source;

  PipelineDrain(Job job) {
    this.job = job;
  }

  @Override
  public void prepare() throws Exception {
    source = Sources.install(job);
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    if (source == null) {
      throw new IllegalStateException("not prepared");
    }
    CountDownLatch done = new CountDownLatch(1);
    String name = "pipeline" + number;
    try (Pipeline pipeline =
        Pipeline.builder(name)
            .from(source)
            .to(new Discard(job.events(), meter, done))
            .positions(FilePositions.in(job.directory().resolve(name)))
            .firstStart(FirstStart.OLDEST)
            .build()) {
      if (job.task() == Task.MONGO_DRAIN) {
        meter.begin(); // thousands of changes come at once: opening counts
      }
      pipeline.start();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (!done.await(1, TimeUnit.SECONDS)) {
        if (pipeline.status().state() == PipelineState.FAILED || System.nanoTime() > deadline) {
          throw new IllegalStateException("not at the end: " + pipeline.status());
        }
      }
    }
  }
}
