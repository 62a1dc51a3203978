package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.ServerOptions;
import java.util.ArrayList;
import java.util.List;

/** MySQL's binary log, read from its beginning to its end: rows in bulk, and rows one by one. */
final class MySqlDrain implements Workload {
  private static final int BULK = 1_000_000;
  private static final int SINGLE = 60_000;
  private static final int PER_COMMIT = 10_000;
  private static final String EVENTS = "Millrace, events";
  private static final String WHOLE = "Millrace, pipeline to protobuf";
  private static final String CONNECTOR = "connector alone";
  private static final String STRUCTS = "Debezium, structs";
  private static final String JSON = "Debezium, JSON";
  private static final String CONNECTOR_NOTE =
      "The connector alone looks at no row: once it is warm it copies blocks of some 8 KB, a hundred rows at a time, which no"
          + " decoder can match. The goal was set against a connector whose JVM had just started (413,000 rows a second)."
          + " What limits ours is decoding eight values a row, with the allocation that is shown.";

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
    results.add(part(bench, "bulk", bench.options().scaled(BULK), PER_COMMIT));
    results.add(part(bench, "single", bench.options().scaled(SINGLE), 1));
    return results;
  }

  private Result part(Bench bench, String part, int rows, int perCommit) throws Exception {
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
      return new Result(
          name,
          "MySQL binary log, " + (perCommit == 1 ? "one-row transactions" : "bulk"),
          String.format(
              java.util.Locale.ROOT,
              "%,d rows of eight columns inserted %s, read again from the log in every round. The connector alone leaves"
                  + " events as bytes. *Events* are fully decoded; *pipeline* also encodes them as protobuf and"
                  + " hands them to a publisher that does nothing. Debezium's *structs* are its cheapest form.",
              rows,
              perCommit == 1
                  ? "one a transaction"
                  : String.format(
                      java.util.Locale.ROOT, "%,d a transaction, 1,000 a statement", perCommit)),
          "rows",
          Result.Measure.RATE,
          match.series(),
          perCommit == 1
              ? List.of()
              : List.of(Goal.ratio(EVENTS, CONNECTOR, 1), Goal.ratio(EVENTS, STRUCTS, 10)),
          perCommit == 1
              ? List.of(server.description())
              : List.of(server.description(), CONNECTOR_NOTE));
    }
  }

  private static List<Contestant> contestants() {
    return List.of(
        new Contestant(EVENTS, Team.MILLRACE, Task.MYSQL_DRAIN, Style.LEAN),
        new Contestant(CONNECTOR, Team.RAW, Task.MYSQL_DRAIN, Style.LEAN),
        new Contestant(STRUCTS, Team.DEBEZIUM, Task.MYSQL_DRAIN, Style.LEAN),
        new Contestant(WHOLE, Team.MILLRACE, Task.MYSQL_DRAIN, Style.WHOLE),
        new Contestant(JSON, Team.DEBEZIUM, Task.MYSQL_DRAIN, Style.WHOLE));
  }
}
