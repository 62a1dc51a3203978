package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
  private double warmUpSeconds;
  private @Nullable Reading early;

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

  /** How long rows took from their commits, once the round is over. */
  Latencies latencies(int number, long[] committed) throws InterruptedException, IOException {
    early = process.reading(PATIENCE);
    long[] times = Latencies.read(job.times(number));
    int first = times.length / 10; // the first tenth may find code that is not yet compiled
    for (int i = first; i < times.length; i++) {
      times[i] = Math.max(0, times[i] - committed[i]);
    }
    return new Latencies(Arrays.copyOfRange(times, first, times.length));
  }

  /** How long rows took where the contestant wrote them itself, if it says so. */
  Latencies latenciesItself(int number) throws InterruptedException, IOException {
    early = process.reading(PATIENCE);
    if (!Files.exists(job.times(number))) {
      return Latencies.NONE;
    }
    long[] times = Latencies.read(job.times(number));
    for (int i = 0; i < times.length; i++) {
      times[i] = Math.max(0, times[i]);
    }
    return new Latencies(times);
  }

  private Reading readingOr() throws InterruptedException {
    Reading reading = early == null ? process.reading(PATIENCE) : early;
    early = null;
    return reading;
  }

  /** How long it has warmed up so far. */
  double warmUpSeconds() {
    return failure.isEmpty() ? warmUpSeconds : Double.MAX_VALUE;
  }

  /** Notes a round and says so; one of number 0 warms up and does not count. */
  void note(int round, Latencies times) throws InterruptedException {
    Reading reading = readingOr();
    if (round == 0) {
      warmUpSeconds += reading.nanos() / 1e9;
    } else {
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
