package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.SqlServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One transaction that is larger than the heap: whether it passes, and with how much memory. */
final class HugeTransaction implements Workload {
  private static final int ROWS = 1_000_000;

  /** The scale from which on the transaction has all its rows. */
  private static final int SHARE = 5;

  @Override
  public String name() {
    return "huge-transaction";
  }

  @Override
  public String summary() {
    return "one transaction of 1,000,000 rows with -Xmx256m, on MySQL, MariaDB and PostgreSQL";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    List<Result> results = new ArrayList<>();
    for (HugeOn where : HugeOn.values()) {
      results.addAll(bench.part(where.part(name()), () -> part(bench.withRounds(1), where)));
    }
    return results;
  }

  private List<Result> part(Bench bench, HugeOn where) throws Exception {
    int rows = Math.min(ROWS, bench.options().scaled(SHARE * ROWS));
    String name = where.part(name());
    try (SqlServer server = where.start();
        Match match = new Match(bench, name, HugeOn.HEAP_MEGABYTES).warmingUpOnce()) {
      Database database = server.createDatabase("huge");
      where.createOrders(database);
      for (Contestant contestant :
          where.able(
              new Contestant(
                  "Millrace, pipeline to protobuf", Team.MILLRACE, where.task(), Style.WHOLE),
              new Contestant("Debezium, JSON", Team.DEBEZIUM, where.task(), Style.WHOLE))) {
        match.enter(contestant, rows, Places.of(database), Place.NONE, Orders.TABLE);
      }
      match.prepare();
      bench.progress().say("%s  writing %,d rows", name, rows);
      where.writeTransaction(database, rows);
      match.play();
      return List.of(
          new Result(
              name,
              "One huge transaction, " + where.title(),
              String.format(
                  Locale.ROOT,
                  "%,d rows inserted by one transaction, read twice with `-Xmx%dm`; the second time counts. Nothing of a"
                      + " transaction is published by us before its commit was read; Debezium passes rows on as they"
                      + " come.",
                  rows,
                  HugeOn.HEAP_MEGABYTES),
              "rows",
              Result.Measure.RATE,
              match.series(),
              List.of(),
              List.of(server.description())));
    }
  }
}
