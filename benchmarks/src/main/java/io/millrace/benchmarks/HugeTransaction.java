package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MissingServerException;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One transaction that is larger than the heap: whether it passes, and with how much memory. */
final class HugeTransaction implements Workload {
  private static final int ROWS = 300_000;
  private static final int HEAP_MEGABYTES = 256;

  @Override
  public String name() {
    return "huge-transaction";
  }

  @Override
  public String summary() {
    return "one transaction of many rows with -Xmx256m, on MySQL and PostgreSQL";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    int rows = bench.options().scaled(ROWS);
    Bench once = new Bench(bench.options().withRounds(1), bench.progress(), bench.missing());
    List<Result> results = new ArrayList<>();
    ServerOptions large = ServerOptions.defaults().with("max-allowed-packet", "256M");
    try (MySqlServer server = MySqlServer.startDedicated(large)) {
      Database database = server.createDatabase("huge");
      Orders.createMySql(database, Orders.TABLE);
      results.add(
          part(
              once,
              "MySQL",
              server.description(),
              database,
              Task.MYSQL_DRAIN,
              () -> Orders.insertMySql(database, Orders.TABLE, rows, rows)));
    } catch (MissingServerException e) {
      bench.skipped(name() + "-mysql", e);
    }
    try (PostgresServer server =
        PostgresServer.startDedicated(ServerOptions.defaults().with("wal_level", "logical"))) {
      Database database = server.createDatabase("huge");
      Orders.createPostgres(database, Orders.TABLE);
      results.add(
          part(
              once,
              "PostgreSQL",
              server.description(),
              database,
              Task.POSTGRES_DRAIN,
              () -> Orders.fillPostgresAtOnce(database, Orders.TABLE, rows)));
    }
    return results;
  }

  private interface Filling {
    void run() throws Exception;
  }

  private Result part(
      Bench bench, String title, String server, Database database, Task task, Filling filling)
      throws Exception {
    int rows = bench.options().scaled(ROWS);
    String name = name() + "-" + title.toLowerCase(Locale.ROOT);
    try (Match match = new Match(bench, name, HEAP_MEGABYTES)) {
      for (Contestant contestant :
          List.of(
              new Contestant("Millrace, pipeline to protobuf", Team.MILLRACE, task, Style.WHOLE),
              new Contestant("Debezium, JSON", Team.DEBEZIUM, task, Style.WHOLE))) {
        match.enter(contestant, rows, Places.of(database), Place.NONE, Orders.TABLE);
      }
      match.prepare();
      bench.progress().say("%s  writing %,d rows", name, rows);
      filling.run();
      match.play();
      return new Result(
          name,
          "One huge transaction, " + title,
          String.format(
              Locale.ROOT,
              "%,d rows inserted by one transaction, read twice with `-Xmx%dm`; the second time counts. Nothing of a"
                  + " transaction is published by us before its commit was read; Debezium passes rows on as they come.",
              rows,
              HEAP_MEGABYTES),
          "rows",
          Result.Measure.RATE,
          match.series(),
          List.of(),
          List.of(server));
    }
  }
}
