package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.PostgresServer;
import java.util.List;
import java.util.Locale;

/** From a commit on PostgreSQL to the commit of the applier on MariaDB, at a steady pace. */
final class EndToEnd implements Workload {
  private static final int ROWS = 5_000;

  @Override
  public String name() {
    return "end-to-end";
  }

  @Override
  public String summary() {
    return "commit on PostgreSQL to applied on MariaDB at "
        + CommitLatency.PACE
        + "/s, in process and over Kafka";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    int rows = bench.options().scaled(ROWS);
    try (PostgresServer server = PostgresServer.startDedicated();
        MariaDbServer other = MariaDbServer.startDedicated();
        KafkaServer kafka = KafkaServer.startDedicated();
        Match match = new Match(bench, name())) {
      Database from = server.createDatabase("service");
      Orders.createPostgres(from, Orders.TABLE);
      Database to = other.createDatabase("monolith");
      Orders.createMySql(to, Orders.TABLE);
      for (Contestant contestant :
          List.of(
              new Contestant("Millrace, in process", Team.MILLRACE, Task.SYNC, Style.LEAN),
              new Contestant("Millrace, over Kafka", Team.MILLRACE, Task.SYNC, Style.WHOLE))) {
        match.enter(
            contestant,
            rows,
            Places.of(from),
            Places.of(to),
            Orders.TABLE,
            kafka.bootstrapServers());
      }
      match.prepare();
      match.play(
          (player, round) -> {
            player.process().awaitListening(Player.PATIENCE);
            long first = (long) round * rows;
            return player.latencies(
                round, SteadyWriter.write(from, Orders.TABLE, first, rows, CommitLatency.PACE));
          });
      return List.of(
          new Result(
              name(),
              "Commit to applied, PostgreSQL to MariaDB",
              String.format(
                  Locale.ROOT,
                  "%,d rows a round, inserted at %d commits a second; measured from the return of a row's commit on"
                      + " PostgreSQL to the return of the applier's commit on MariaDB. Pipeline and applier in one"
                      + " JVM. Kafka with one partition.",
                  rows,
                  CommitLatency.PACE),
              "rows",
              Result.Measure.LATENCY,
              match.series(),
              List.of(),
              List.of(
                  server.description() + "; " + other.description(),
                  "What limits ours is the applier's transaction: offset, ledger and row are three statements and a commit, for"
                      + " whatever came meanwhile.")));
    }
  }
}
