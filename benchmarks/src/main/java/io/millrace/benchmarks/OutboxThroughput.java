package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Transactions of a row and an event each, until every event was relayed, on PostgreSQL. */
final class OutboxThroughput implements Workload {
  private static final int TRANSACTIONS = 10_000;
  private static final String OURS = "Millrace outbox";
  private static final String OTHER = "transaction-outbox";
  private static final String BARE = "JDBC, two inserts, no relay";

  @Override
  public String name() {
    return "outbox";
  }

  @Override
  public String summary() {
    return "outbox append and relay, against transaction-outbox and bare JDBC";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    List<Result> results = new ArrayList<>();
    for (boolean durable : List.of(true, false)) {
      for (Task task : List.of(Task.OUTBOX, Task.OUTBOX_EIGHT)) {
        results.addAll(part(bench, durable, task));
      }
    }
    return results;
  }

  /**
   * One server.
   *
   * @param durable whether commits wait for the disc
   * @param task with one thread that writes, or with several
   */
  private List<Result> part(Bench bench, boolean durable, Task task) throws Exception {
    boolean alone = task == Task.OUTBOX;
    int transactions = bench.options().scaled(TRANSACTIONS);
    String name = name() + (alone ? "" : "-eight") + (durable ? "" : "-unsynced");
    String title =
        "Outbox on PostgreSQL"
            + (alone ? "" : ", eight writers")
            + (durable ? "" : ", commits that do not wait");
    ServerOptions options = ServerOptions.defaults().with("fsync", durable ? "on" : "off");
    try (PostgresServer server = PostgresServer.startDedicated(options);
        Match match = new Match(bench, name)) {
      Database database = server.createDatabase("outbox");
      Orders.createPostgres(database, Orders.TABLE);
      for (Contestant contestant :
          List.of(
              new Contestant(OURS, Team.MILLRACE, task, Style.LEAN),
              new Contestant(OTHER, Team.TRANSACTION_OUTBOX, task, Style.LEAN),
              new Contestant(BARE, Team.RAW, task, Style.LEAN))) {
        match.enter(contestant, transactions, Places.of(database), Place.NONE, Orders.TABLE);
      }
      match.prepare();
      match.play((player, round) -> player.latenciesItself(round));
      return List.of(
          new Result(
              name,
              title,
              String.format(
                  Locale.ROOT,
                  "%s %,d transactions as fast as possible, each a row and an event; the round ends when the"
                      + " last event was relayed to code that notes the time. Pools of HikariCP's default size for"
                      + " all three. Bare JDBC inserts a second row in place of the event and relays nothing. %s",
                  alone ? "One thread writes" : "Eight threads write",
                  transactions,
                  durable
                      ? "Every commit waits for the disc (`fsync=on`), as in production."
                      : "No commit waits for the disc (`fsync=off`), so that the libraries' own cost shows."),
              "transactions",
              Result.Measure.RATE,
              match.series(),
              List.of(Goal.ratio(OURS, OTHER, 2.5)),
              List.of(
                  server.description(),
                  "No outbox can be faster than bare JDBC on the same pool: where that is less than 2.5 times"
                      + " transaction-outbox, the goal is out of reach.")),
          new Result(
              name + "-latency",
              title + ", commit to relay",
              "The same rounds: from the return of a transaction's commit to the call that relays its event, while writing"
                  + " goes on as fast as it can.",
              "events",
              Result.Measure.LATENCY,
              match.series().stream().filter(series -> !series.latencies().isEmpty()).toList(),
              List.of(),
              List.of()));
    }
  }
}
