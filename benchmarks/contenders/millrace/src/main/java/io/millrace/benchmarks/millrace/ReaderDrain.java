package io.millrace.benchmarks.millrace;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceReader;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A source's reader, asked for events that nobody takes: all values decoded, nothing encoded. The
 * first batch, with which the clock begins, does not count; on MongoDB, where thousands of changes
 * come at once, the clock begins before the stream is opened.
 */
final class ReaderDrain implements Contender {
  private static final int BATCH = 1000;
  private static final Duration WAIT = Duration.ofSeconds(1);

  private final Job job;
  private @Nullable Source source;
  private @Nullable Position begin;
  private long epoch;

  ReaderDrain(Job job) {
    this.job = job;
  }

  @Override
  public void prepare() throws Exception {
    Source installed = Sources.install(job);
    try (SourceReader reader =
        installed.open(new ReaderStart("begin", Optional.empty(), 0, FirstStart.NOW))) {
      begin = reader.position();
      epoch = reader.epoch();
    }
    source = installed;
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    if (source == null) {
      throw new IllegalStateException("not prepared");
    }
    boolean openingCounts = job.task() == Task.MONGO_DRAIN;
    if (openingCounts) {
      meter.begin();
    }
    try (SourceReader reader =
        source.open(
            new ReaderStart("drain" + number, Optional.ofNullable(begin), epoch, FirstStart.NOW))) {
      int read = 0;
      int uncounted = 0;
      while (read < job.events()) {
        read += reader.poll(BATCH, WAIT).events().size();
        if (!openingCounts && uncounted == 0 && read > 0) {
          uncounted = read;
          meter.begin();
        }
      }
      meter.end(Math.max(1, read - uncounted));
    }
  }
}
