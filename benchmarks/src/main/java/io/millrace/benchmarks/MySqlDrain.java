package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.ServerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** MySQL's binary log, read from its beginning to its end: rows in bulk, and rows one by one. */
final class MySqlDrain implements Workload {
  private static final int BULK = 2_000_000;
  private static final int SINGLE = 250_000;
  private static final int PER_COMMIT = 10_000;
  private static final String EVENTS = "Millrace, events";
  private static final String WHOLE = "Millrace, pipeline to protobuf";
  private static final String CONNECTOR = "connector alone, bytes";
  private static final String DESERIALISED = "connector alone, rows";
  private static final String STRUCTS = "Debezium, structs";
  private static final String JSON = "Debezium, JSON";
  private static final String CONNECTOR_NOTE =
      "The connector that leaves bytes looks at no row: once it is warm it copies blocks of some 8 KB, a hundred rows at a time,"
          + " which no decoder can match. The goal was set against a connector whose JVM had just started (413,000 rows a"
          + " second). *Rows* is the limit that means something: the same connector, deserialising as it comes.";
  private static final String LIMIT_NOTE =
      "What limits ours is decoding eight values a row, with the allocation that is shown; the pipeline spends most on"
          + " encoding.";

  @Override
  public String name() {
    return "mysql-drain";
  }

  @Override
  public String summary() {
    return "MySQL's binary log to events, in bulk and in one-row transactions";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    List<Result> results = new ArrayList<>();
    results.addAll(bench.part(name() + "-bulk", () -> part(bench, "bulk", BULK, PER_COMMIT)));
    results.addAll(bench.part(name() + "-single", () -> part(bench, "single", SINGLE, 1)));
    return results;
  }

  private List<Result> part(Bench bench, String part, int all, int perCommit) throws Exception {
    int rows = bench.options().scaled(all);
    String name = name() + "-" + part;
    ServerOptions options =
        ServerOptions.defaults()
            .with("innodb-flush-log-at-trx-commit", "0")
            .with("max-allowed-packet", "256M");
    try (MySqlServer server = MySqlServer.startDedicated(options);
        Match match = new Match(bench, name)) {
      Database database = server.createDatabase("speed");
      Orders.createMySql(database, Orders.TABLE);
      Place place = Places.of(database);
      for (Contestant contestant : contestants()) {
        match.enter(contestant, rows, place, Place.NONE, Orders.TABLE);
      }
      match.prepare();
      bench.progress().say("%s  writing %,d rows to %s", name, rows, server.description());
      Orders.insertMySql(database, Orders.TABLE, rows, perCommit);
      match.play();
      boolean bulk = perCommit > 1;
      return List.of(
          new Result(
              name,
              "MySQL binary log, " + (bulk ? "bulk" : "one-row transactions"),
              String.format(
                  Locale.ROOT,
                  "%,d rows of eight columns inserted %s, read again from the log in every round. The connector alone leaves"
                      + " events as *bytes*, or deserialises *rows* as it does by default (dates and texts as it sees"
                      + " them), for a listener that does nothing. *Events* are fully decoded; *pipeline* also"
                      + " encodes them as protobuf and hands them to a publisher that does nothing. Debezium's"
                      + " *structs* are its cheapest form.",
                  rows,
                  bulk
                      ? String.format(
                          Locale.ROOT, "%,d a transaction, 1,000 a statement", perCommit)
                      : "one a transaction"),
              "rows",
              Result.Measure.RATE,
              match.series(),
              List.of(
                  Goal.ratio(EVENTS, CONNECTOR, 1),
                  Goal.ratio(EVENTS, DESERIALISED, 1),
                  Goal.ratio(EVENTS, STRUCTS, 10)),
              bulk
                  ? List.of(server.description(), CONNECTOR_NOTE, LIMIT_NOTE)
                  : List.of(server.description(), LIMIT_NOTE)));
    }
  }

  private static List<Contestant> contestants() {
    return List.of(
        new Contestant(EVENTS, Team.MILLRACE, Task.MYSQL_DRAIN, Style.LEAN),
        new Contestant(CONNECTOR, Team.RAW, Task.MYSQL_DRAIN, Style.LEAN),
        new Contestant(DESERIALISED, Team.RAW, Task.MYSQL_DRAIN, Style.WHOLE),
        new Contestant(STRUCTS, Team.DEBEZIUM, Task.MYSQL_DRAIN, Style.LEAN),
        new Contestant(WHOLE, Team.MILLRACE, Task.MYSQL_DRAIN, Style.WHOLE),
        new Contestant(JSON, Team.DEBEZIUM, Task.MYSQL_DRAIN, Style.WHOLE));
  }
}
