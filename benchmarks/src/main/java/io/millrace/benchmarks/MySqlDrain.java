package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The binary log, read from its beginning to its end: rows in bulk, and rows one by one. */
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

  private static final String SINGLE_NOTE =
      "What limits all here is what a transaction costs beside its row: four more events, and for ours a position.";

  @Override
  public String name() {
    return "mysql-drain";
  }

  @Override
  public String summary() {
    return "MySQL's and MariaDB's binary log to events: inserts and updates in bulk, and one-row transactions";
  }

  /** What lies in a log. */
  private enum Load {
    INSERTS("bulk", "%,d rows of eight columns inserted 10,000 a transaction, 1,000 a statement"),
    UPDATES(
        "updates",
        "%,d rows of eight columns updated 10,000 a transaction, of which two columns change; the log has both states"),
    SINGLE("single", "%,d rows of eight columns inserted one a transaction");

    private final String part;
    private final String text;

    Load(String part, String text) {
      this.part = part;
      this.text = text;
    }

    /** Writes it, behind the place that all contestants have noted. */
    void write(Database database, int rows) throws SQLException {
      switch (this) {
        case INSERTS -> Orders.insertMySql(database, Orders.TABLE, rows, PER_COMMIT);
        case SINGLE -> Orders.insertMySql(database, Orders.TABLE, rows, 1);
        case UPDATES -> Orders.updateMySql(database, Orders.TABLE, rows, PER_COMMIT);
      }
    }
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    List<Result> results = new ArrayList<>();
    int bulk = bench.options().scaled(BULK);
    results.addAll(part(bench, "MySQL", Load.INSERTS, bulk));
    results.addAll(part(bench, "MySQL", Load.SINGLE, bench.options().scaled(SINGLE)));
    results.addAll(part(bench, "MySQL", Load.UPDATES, bulk));
    results.addAll(part(bench, "MariaDB", Load.INSERTS, bulk));
    return results;
  }

  private List<Result> part(Bench bench, String server, Load load, int rows)
      throws InterruptedException {
    String name = server.toLowerCase(Locale.ROOT) + "-drain-" + load.part;
    return bench.part(name, () -> List.of(drain(bench, name, server, load, rows)));
  }

  private static Result drain(Bench bench, String name, String title, Load load, int rows)
      throws Exception {
    boolean mariaDb = title.equals("MariaDB");
    boolean withDebezium = !mariaDb && load != Load.UPDATES;
    ServerOptions options =
        ServerOptions.defaults()
            .with("innodb-flush-log-at-trx-commit", "0")
            .with("max-allowed-packet", "256M");
    try (SqlServer server =
            mariaDb ? MariaDbServer.startDedicated(options) : MySqlServer.startDedicated(options);
        Match match = new Match(bench, name)) {
      Database database = server.createDatabase("speed");
      Orders.createMySql(database, Orders.TABLE);
      if (load == Load.UPDATES) {
        Orders.insertMySql(database, Orders.TABLE, rows, PER_COMMIT);
        database.execute(
            "purge binary logs to 'binlog.000002'"); // the connector reads from the oldest on
      }
      for (Contestant contestant : contestants(withDebezium)) {
        match.enter(contestant, rows, Places.of(database), Place.NONE, Orders.TABLE);
      }
      match.prepare();
      bench.progress().say("%s  writing %,d rows to %s", name, rows, server.description());
      load.write(database, rows);
      match.play();
      List<Goal> goals = new ArrayList<>();
      goals.add(Goal.ratio(EVENTS, CONNECTOR, 1));
      goals.add(Goal.ratio(EVENTS, DESERIALISED, 1));
      if (withDebezium) {
        goals.add(Goal.ratio(EVENTS, STRUCTS, 10));
      }
      return new Result(
          name,
          title + " binary log, " + load.part,
          String.format(Locale.ROOT, load.text, rows)
              + ", read again from the log in every round. The connector alone leaves events as *bytes*, or deserialises"
              + " *rows* as it does by default (dates and texts as it sees them), for a listener that does nothing."
              + " *Events* are fully decoded"
              + (withDebezium
                  ? "; *pipeline* also encodes them as protobuf and hands them to a publisher that does nothing."
                      + " Debezium's *structs* are its cheapest form."
                  : "."),
          "rows",
          Result.Measure.RATE,
          match.series(),
          goals,
          load == Load.SINGLE
              ? List.of(server.description(), SINGLE_NOTE)
              : List.of(server.description(), CONNECTOR_NOTE, LIMIT_NOTE));
    }
  }

  private static List<Contestant> contestants(boolean withDebezium) {
    List<Contestant> all = new ArrayList<>();
    all.add(new Contestant(EVENTS, Team.MILLRACE, Task.MYSQL_DRAIN, Style.LEAN));
    all.add(new Contestant(CONNECTOR, Team.RAW, Task.MYSQL_DRAIN, Style.LEAN));
    all.add(new Contestant(DESERIALISED, Team.RAW, Task.MYSQL_DRAIN, Style.WHOLE));
    if (withDebezium) {
      all.add(new Contestant(STRUCTS, Team.DEBEZIUM, Task.MYSQL_DRAIN, Style.LEAN));
      all.add(new Contestant(WHOLE, Team.MILLRACE, Task.MYSQL_DRAIN, Style.WHOLE));
      all.add(new Contestant(JSON, Team.DEBEZIUM, Task.MYSQL_DRAIN, Style.WHOLE));
    }
    return all;
  }
}
