package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.util.List;
import java.util.Locale;

/** How long after its commit a row reaches the code that handles it, at a steady pace. */
final class CommitLatency implements Workload {
  /** Rows a second. */
  static final int PACE = 500;

  private static final int ROWS = 5_000;
  private static final String OURS = "Millrace, pipeline";
  private static final String TUNED = "Debezium, tuned";
  private static final String SHIPPED = "Debezium, as shipped";

  private final boolean postgres;

  private CommitLatency(boolean postgres) {
    this.postgres = postgres;
  }

  static CommitLatency onMySql() {
    return new CommitLatency(false);
  }

  static CommitLatency onPostgres() {
    return new CommitLatency(true);
  }

  @Override
  public String name() {
    return postgres ? "postgres-latency" : "mysql-latency";
  }

  @Override
  public String summary() {
    return "commit to handler at " + PACE + " commits a second on " + database();
  }

  private String database() {
    return postgres ? "PostgreSQL" : "MySQL";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    int rows = bench.options().scaled(ROWS);
    try (SqlServer server = start();
        Match match = new Match(bench, name())) {
      Database database = server.createDatabase("latency");
      if (postgres) {
        Orders.createPostgres(database, Orders.TABLE);
      } else {
        Orders.createMySql(database, Orders.TABLE);
      }
      for (Contestant contestant : contestants()) {
        match.enter(contestant, rows, Places.of(database), Place.NONE, Orders.TABLE);
      }
      match.prepare();
      match.play(
          (player, round) -> {
            player.process().awaitListening(Player.PATIENCE);
            long first = (long) round * rows;
            long[] committed = SteadyWriter.write(database, Orders.TABLE, first, rows, PACE);
            return player.latencies(round, committed);
          });
      return List.of(
          new Result(
              name(),
              "Commit to handler, " + database(),
              String.format(
                  Locale.ROOT,
                  "%,d rows a round, inserted at %d commits a second by the harness; measured from the return of a"
                      + " row's commit to the call of the code that handles it. Only the contender whose turn it is"
                      + " reads. %s",
                  rows,
                  PACE,
                  postgres
                      ? "The *poll* asks the table itself for higher ids every millisecond."
                      : "The connector alone decodes with its own deserialiser."),
              "rows",
              Result.Measure.LATENCY,
              match.series(),
              List.of(Goal.p99(OURS, postgres ? 4 : 2)),
              List.of(
                  server.description(),
                  postgres
                      ? "Every commit waits for the disc here (`fsync=on`). What limits ours is that it polls: one query a"
                          + " millisecond at most while changes flow, and that it publishes only what is flushed: nearly every second"
                          + " look meets the next commit on its way to the disc and waits for it."
                      : "What ours takes beyond the connector's time is the wait for a transaction's end and the pipeline: decoding,"
                          + " encoding as protobuf, and decoding that again, as a handler would.")));
    }
  }

  private SqlServer start() {
    return postgres
        ? PostgresServer.startDedicated(
            ServerOptions.defaults().with("wal_level", "logical").with("fsync", "on"))
        : MySqlServer.startDedicated(
            ServerOptions.defaults().with("innodb-flush-log-at-trx-commit", "0"));
  }

  private List<Contestant> contestants() {
    Task task = postgres ? Task.POSTGRES_LATENCY : Task.MYSQL_LATENCY;
    return List.of(
        new Contestant(OURS, Team.MILLRACE, task, Style.WHOLE),
        new Contestant(postgres ? "1 ms poll" : "connector alone", Team.RAW, task, Style.LEAN),
        new Contestant(TUNED, Team.DEBEZIUM, task, Style.LEAN),
        new Contestant(SHIPPED, Team.DEBEZIUM, task, Style.AS_SHIPPED));
  }
}
