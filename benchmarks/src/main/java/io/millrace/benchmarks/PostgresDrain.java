package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerOptions;
import java.util.List;
import java.util.Locale;

/** PostgreSQL's change log, against a plain SELECT of it and against logical decoding. */
final class PostgresDrain implements Workload {
  private static final int EVENTS = 500_000;
  private static final String OURS = "Millrace, events";
  private static final String SELECT = "plain SELECT";
  private static final String STRUCTS = "Debezium pgoutput, structs";
  private static final List<Contestant> ALL =
      List.of(
          new Contestant(OURS, Team.MILLRACE, Task.POSTGRES_DRAIN, Style.LEAN),
          new Contestant(SELECT, Team.RAW, Task.POSTGRES_DRAIN, Style.LEAN),
          new Contestant(STRUCTS, Team.DEBEZIUM, Task.POSTGRES_DRAIN, Style.LEAN),
          new Contestant(
              "Millrace, pipeline to protobuf", Team.MILLRACE, Task.POSTGRES_DRAIN, Style.WHOLE),
          new Contestant(
              "Debezium pgoutput, JSON", Team.DEBEZIUM, Task.POSTGRES_DRAIN, Style.WHOLE));

  @Override
  public String name() {
    return "postgres-drain";
  }

  @Override
  public String summary() {
    return "PostgreSQL's change log to events, against SELECT and Debezium on pgoutput";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    int events = bench.options().scaled(EVENTS);
    ServerOptions options = ServerOptions.defaults().with("wal_level", "logical");
    try (PostgresServer server = PostgresServer.startDedicated(options);
        Match match = new Match(bench, name())) {
      Database database = server.createDatabase("speed");
      Orders.createPostgres(database, Orders.TABLE);
      Place place = Places.of(database);
      for (Contestant contestant : ALL) {
        match.enter(contestant, events, place, Place.NONE, Orders.TABLE);
      }
      match.prepare();
      bench.progress().say("%s  writing %,d changes to %s", name(), events, server.description());
      Orders.fillPostgres(database, Orders.TABLE, events);
      match.play();
      return List.of(
          new Result(
              name(),
              "PostgreSQL change log",
              String.format(
                  Locale.ROOT,
                  "%,d changes of a table of seven columns: half of them inserts, half updates, each half one"
                      + " statement; read again in every round. The SELECT fetches every column of the change log's"
                      + " rows as text, in order. Debezium decodes the same changes from the write-ahead log with"
                      + " the default replica identity, so that its updates carry no old state; ours do.",
                  events),
              "changes",
              Result.Measure.RATE,
              match.series(),
              List.of(Goal.ratio(OURS, SELECT, 0.7), Goal.ratio(OURS, STRUCTS, 3)),
              List.of(
                  server.description(),
                  "What limits ours is parsing the states, which the log keeps as JSON and the SELECT leaves as text: about 0.9 µs"
                      + " a row on the thread that decodes, while another reads the next page (0.5 µs) from a server that takes"
                      + " 1.3 µs a row, as for the SELECT. With two processors these share them. The pipeline also encodes."
                      + " The engine is counted from its first batch on, which is made by"
                      + " then: that favours it.")));
    }
  }
}
