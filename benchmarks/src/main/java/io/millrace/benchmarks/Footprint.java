package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What a contender needs before it has done anything: jars, start, memory, threads, idling. */
final class Footprint implements Workload {
  private static final int SETTLE_SECONDS = 61;
  private static final int IDLE_SECONDS = 20;
  private static final int STARTS = 3;

  @Override
  public String name() {
    return "footprint";
  }

  @Override
  public String summary() {
    return "jars, start-up time, memory, threads and idle processor time of a reader of PostgreSQL";
  }

  private record Needs(
      String name, long jars, long bytes, double[] starts, ProcessFacts idle, double idleShare) {}

  @Override
  public List<Result> run(Bench bench) throws Exception {
    List<Needs> all = new ArrayList<>();
    ServerOptions options = ServerOptions.defaults().with("wal_level", "logical");
    try (PostgresServer server = PostgresServer.startDedicated(options)) {
      Database database = server.createDatabase("footprint");
      Orders.createPostgres(database, Orders.TABLE);
      for (Contestant contestant :
          List.of(
              new Contestant("Millrace", Team.MILLRACE, Task.POSTGRES_LATENCY, Style.WHOLE),
              new Contestant("Debezium", Team.DEBEZIUM, Task.POSTGRES_LATENCY, Style.AS_SHIPPED))) {
        all.add(needs(bench, contestant, Places.of(database)));
      }
    }
    return List.of(
        new Result(
            name(),
            "Start-up and footprint, reading PostgreSQL",
            text(all),
            "",
            Result.Measure.NONE,
            List.of(),
            List.of(),
            List.of(
                "The jars are those of this benchmark's contender: all of its adapters, drivers of four databases among them.")));
  }

  private Needs needs(Bench bench, Contestant contestant, Place place) throws Exception {
    Options options = bench.options();
    double[] starts = new double[Math.min(STARTS, options.rounds())];
    ProcessFacts last = null;
    double idle = 0;
    for (int i = 0; i < starts.length; i++) {
      Job job =
          new Job(
              contestant.task(),
              contestant.style(),
              100,
              options.work(name() + "-" + i, contestant),
              place,
              Place.NONE,
              Orders.TABLE,
              "");
      Match.delete(job.directory());
      long begun = System.nanoTime();
      try (ContestantProcess process =
          ContestantProcess.start(options.home(), contestant, job, options.heapMegabytes())) {
        process.awaitReady(Player.PATIENCE);
        process.prepare(Player.PATIENCE);
        process.begin((int) (begun % 1_000_000_000 / 1000) + i);
        process.awaitListening(Player.PATIENCE);
        starts[i] = (System.nanoTime() - begun) / 1e9;
        bench.progress().say("%s  %s reads after %.2f s", name(), contestant.name(), starts[i]);
        if (i + 1 == starts.length) {
          bench.progress().say("%s  %s idles", name(), contestant.name());
          Thread.sleep(options.scale() < 0.1 ? 100 : 1000L * SETTLE_SECONDS);
          ProcessFacts before = ProcessFacts.of(process.pid());
          Thread.sleep(options.scale() < 0.1 ? 500 : 1000L * IDLE_SECONDS);
          last = ProcessFacts.of(process.pid());
          idle = last.cpuSecondsSince(before) / last.secondsSince(before);
        }
        process.kill();
      }
    }
    if (last == null) {
      throw new IllegalStateException("no rounds");
    }
    List<Path> path = contestant.team().classPath(options.home());
    return new Needs(
        contestant.name(),
        path.stream().filter(jar -> jar.toString().endsWith(".jar")).count(),
        bytes(path),
        starts,
        last,
        idle);
  }

  private static long bytes(List<Path> classPath) throws IOException {
    long sum = 0;
    for (Path path : classPath) {
      try (Stream<Path> files = Files.walk(path)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          sum += Files.size(file);
        }
      }
    }
    return sum;
  }

  private static String text(List<Needs> all) {
    StringBuilder text = new StringBuilder();
    text.append(
        "From the start of a JVM until a change that is committed would be read: with the preflight and an installation that"
            + " finds everything there (the first start made it), and for Debezium with its offset but no history. Idle is"
            + " measured for "
            + IDLE_SECONDS
            + " s after "
            + SETTLE_SECONDS
            + " s without changes.\n\n"
            + "| contender | jars | MB | start s, median | min–max | resident MB | threads | idle % of a core |\n"
            + "|---|---:|---:|---:|---:|---:|---:|---:|");
    for (Needs needs : all) {
      text.append(
          String.format(
              Locale.ROOT,
              "\n| %s | %d | %.1f | %.2f | %.2f–%.2f | %.0f | %d | %.2f |",
              needs.name(),
              needs.jars(),
              needs.bytes() / 1e6,
              Statistics.median(needs.starts()),
              Statistics.min(needs.starts()),
              Statistics.max(needs.starts()),
              needs.idle().residentBytes() / 1048576.0,
              needs.idle().threads(),
              100 * needs.idleShare()));
    }
    return text.toString();
  }
}
