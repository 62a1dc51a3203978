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
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What a contender needs before it has done anything: jars, start, memory, threads, idling. */
final class Footprint implements Workload {
  private static final int SETTLE_SECONDS = 61;
  private static final int IDLE_SECONDS = 30;
  private static final int STARTS = 3;

  /** What a reader has read before it idles: one that has only just started still compiles. */
  private static final int WORK = 10_000;

  private static final int WORK_PACE = 500;
  private static final long FIRST_OF_WORK = 1_000_000_000_000L;

  /** All that was asked of the database, save for what is asked here. */
  private static final String QUERIES =
      "select coalesce(sum(calls), 0)::bigint from pg_stat_statements s join pg_database d on d.oid = s.dbid"
          + " where d.datname = current_database() and query not like '%pg_stat_%'";

  /** The time that the sessions of others were on a processor. */
  private static final String SERVER_NANOS =
      "select coalesce(sum(split_part(pg_read_file('/proc/' || pid || '/schedstat'), ' ', 1)::bigint), 0)::bigint"
          + " from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";

  @Override
  public String name() {
    return "footprint";
  }

  @Override
  public String summary() {
    return "jars, start-up time, memory, threads and idle processor time of a reader of PostgreSQL";
  }

  /**
   * What idling costs.
   *
   * @param share of a core, of the contender's process
   * @param serverShare of a core, of the server's processes of its sessions
   * @param queries a second
   */
  private record Idle(ProcessFacts process, double share, double serverShare, double queries) {}

  private record Needs(String name, long jars, long bytes, double[] starts, Idle idle) {}

  @Override
  public List<Result> run(Bench bench) throws Exception {
    List<Needs> all = new ArrayList<>();
    ServerOptions options =
        ServerOptions.defaults()
            .with("wal_level", "logical")
            .with("shared_preload_libraries", "pg_stat_statements");
    try (PostgresServer server = PostgresServer.startDedicated(options)) {
      Database database = server.createDatabase("footprint");
      Orders.createPostgres(database, Orders.TABLE);
      database.execute("create extension pg_stat_statements");
      for (Contestant contestant :
          List.of(
              new Contestant("Millrace", Team.MILLRACE, Task.POSTGRES_LATENCY, Style.WHOLE),
              new Contestant("Debezium", Team.DEBEZIUM, Task.POSTGRES_LATENCY, Style.AS_SHIPPED))) {
        all.add(needs(bench, contestant, database));
      }
    }
    Idle ours = all.get(0).idle();
    return List.of(
        new Result(
            name(),
            "Start-up and footprint, reading PostgreSQL",
            text(all),
            "",
            Result.Measure.NONE,
            List.of(),
            List.of(
                Goal.figure("Queries a second of an idle Millrace", 2, ours.queries()),
                Goal.figure(
                    "Per cent of a core that an idle Millrace takes", 0.5, 100 * ours.share())),
            List.of(
                "The jars are those of this benchmark's contender: all of its adapters, drivers of four databases among them.")));
  }

  private Needs needs(Bench bench, Contestant contestant, Database database) throws Exception {
    Options options = bench.options();
    double[] starts = new double[Math.min(STARTS, options.rounds())];
    Idle idle = null;
    for (int i = 0; i < starts.length; i++) {
      Job job =
          new Job(
              contestant.task(),
              contestant.style(),
              100,
              options.work(name() + "-" + i, contestant),
              Places.of(database),
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
          work(database, options);
          bench.progress().say("%s  %s idles", name(), contestant.name());
          Thread.sleep(options.isQuickLook() ? 100 : 1000L * SETTLE_SECONDS);
          idle = idle(database, process.pid(), options.isQuickLook() ? 500 : 1000L * IDLE_SECONDS);
        }
        process.kill();
      }
    }
    if (idle == null) {
      throw new IllegalStateException("no rounds");
    }
    List<Path> path = contestant.team().classPath(options.home());
    return new Needs(
        contestant.name(),
        path.stream().filter(jar -> jar.toString().endsWith(".jar")).count(),
        bytes(path),
        starts,
        idle);
  }

  private static void work(Database database, Options options) throws SQLException {
    int rows = options.isQuickLook() ? WORK_PACE : WORK;
    SteadyWriter.write(
        database,
        Orders.TABLE,
        FIRST_OF_WORK + database.number("select count(*) from " + Orders.TABLE),
        rows,
        WORK_PACE);
  }

  private static Idle idle(Database database, long pid, long millis) throws Exception {
    try (Connection connection = database.connect(); // one, since to connect is to ask as well
        Statement statement = connection.createStatement()) {
      ProcessFacts before = ProcessFacts.of(pid);
      long queries = number(statement, QUERIES);
      long server = number(statement, SERVER_NANOS);
      Thread.sleep(millis);
      ProcessFacts after = ProcessFacts.of(pid);
      double seconds = after.secondsSince(before);
      return new Idle(
          after,
          after.cpuSecondsSince(before) / seconds,
          (number(statement, SERVER_NANOS) - server) / 1e9 / seconds,
          (number(statement, QUERIES) - queries) / seconds);
    }
  }

  private static long number(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
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
            + " s without changes, which come after "
            + String.format(Locale.ROOT, "%,d", WORK)
            + " changes in "
            + WORK / WORK_PACE
            + " s; a query is a statement that the server counts.\n\n"
            + "| contender | jars | MB | start s, median | min–max | resident MB | threads | idle, % of a core | the server's"
            + " for it | idle, queries/s |\n"
            + "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (Needs needs : all) {
      text.append(
          String.format(
              Locale.ROOT,
              "\n| %s | %d | %.1f | %.2f | %.2f–%.2f | %.0f | %d | %.2f | %.2f | %.2f |",
              needs.name(),
              needs.jars(),
              needs.bytes() / 1e6,
              Statistics.median(needs.starts()),
              Statistics.min(needs.starts()),
              Statistics.max(needs.starts()),
              needs.idle().process().residentBytes() / 1048576.0,
              needs.idle().process().threads(),
              100 * needs.idle().share(),
              100 * needs.idle().serverShare(),
              needs.idle().queries()));
    }
    return text.toString();
  }
}
