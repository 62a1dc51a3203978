package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Reading;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A contestant in a match, with what it has shown so far. Not thread-safe. */
final class Player {
  static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Contestant contestant;
  private final Job job;
  private final ContestantProcess process;
  private final Progress progress;
  private final List<Reading> readings = new ArrayList<>();
  private final List<Latencies> latencies = new ArrayList<>();
  private String failure = "";

  Player(Contestant contestant, Job job, ContestantProcess process, Progress progress) {
    this.contestant = contestant;
    this.job = job;
    this.process = process;
    this.progress = progress;
  }

  /** Something that a contestant may fail at. */
  interface Step {
    /** Does it. */
    void run() throws Exception;
  }

  /** What it was told. */
  Job job() {
    return job;
  }

  /** Its JVM. */
  ContestantProcess process() {
    return process;
  }

  /** What it has shown. */
  Series series() {
    return new Series(contestant, readings, latencies, failure);
  }

  /** Notes a round and says so; the first, number 0, does not count. */
  void note(int round, Reading reading, Latencies times) {
    if (round > 0) {
      readings.add(reading);
      if (!times.isEmpty()) {
        latencies.add(times);
      }
    }
    progress.say(
        "%s  %-34s %s  %,11.0f/s  %7.2f s of CPU per million%s",
        job.directory().getName(job.directory().getNameCount() - 2),
        contestant.name(),
        round == 0 ? "warm-up" : "round " + round,
        reading.perSecond(),
        reading.cpuSecondsPerMillion(),
        times.isEmpty() ? "" : "  " + times);
  }

  /** Does something with it unless it is out; if that fails, it is. */
  void attempt(Step step) throws InterruptedException {
    if (!failure.isEmpty()) {
      return;
    }
    try {
      step.run();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failure = String.valueOf(e.getMessage()).replace('|', '/');
      progress.say("%s is out: %s", contestant.name(), e);
      process.close();
    }
  }
}
