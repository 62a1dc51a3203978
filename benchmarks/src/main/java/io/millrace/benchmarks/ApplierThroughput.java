package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MissingServerException;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How many rows a second an applier brings into a database, against upserts that know nothing. */
final class ApplierThroughput implements Workload {
  private static final int ROWS = 20_000;
  private static final Contestant OURS =
      new Contestant("Millrace applier", Team.MILLRACE, Task.APPLY, Style.LEAN);
  private static final Contestant BARE =
      new Contestant("bare batched upserts", Team.RAW, Task.APPLY, Style.LEAN);
  private static final Contestant EXACT =
      new Contestant(
          "bare transactions with ledger, mark, offset", Team.RAW, Task.APPLY, Style.WHOLE);

  @Override
  public String name() {
    return "apply";
  }

  @Override
  public String summary() {
    return "applier against bare batched upserts, on PostgreSQL, MySQL and MongoDB";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    List<Result> results = new ArrayList<>();
    try (PostgresServer server = PostgresServer.startDedicated()) {
      Database database = server.createDatabase("apply");
      Orders.createPostgres(database, Orders.TABLE);
      results.add(part(bench, "PostgreSQL", Places.of(database), server.description(), false));
    }
    try (MySqlServer server =
        MySqlServer.startDedicated(
            ServerOptions.defaults().with("innodb-flush-log-at-trx-commit", "0"))) {
      Database database = server.createDatabase("apply");
      Orders.createMySql(database, Orders.TABLE);
      results.add(part(bench, "MySQL", Places.of(database), server.description(), false));
    } catch (MissingServerException e) {
      bench.skipped(name() + "-mysql", e);
    }
    try (MongoServer server = MongoServer.startDedicated()) {
      server.client().getDatabase("apply").createCollection(Orders.TABLE);
      results.add(part(bench, "MongoDB", Places.of(server, "apply"), server.description(), true));
    } catch (MissingServerException e) {
      bench.skipped(name() + "-mongodb", e);
    }
    return results;
  }

  private Result part(Bench bench, String database, Place place, String server, boolean mongo)
      throws Exception {
    int rows = bench.options().scaled(ROWS);
    String name = name() + "-" + database.toLowerCase(Locale.ROOT);
    try (Match match = new Match(bench, name)) {
      for (Contestant contestant : mongo ? List.of(OURS, BARE, EXACT) : List.of(OURS, BARE)) {
        match.enter(contestant, rows, Place.NONE, place, Orders.TABLE);
      }
      match.play();
      return new Result(
          name,
          "Applier, " + database,
          String.format(
              Locale.ROOT,
              "%,d rows a round, upserted with newer states in every round, %d a transaction, on one thread. The applier"
                  + " decodes protobuf, locks its offset, compares versions with its ledger and writes it, then the"
                  + " rows; the bare upserts write the rows alone, as the driver batches them best.%s",
              rows,
              mongo ? 100 : 500,
              mongo
                  ? " The bare transactions write all that an exact applier has to write, and read nothing."
                  : ""),
          "rows",
          Result.Measure.RATE,
          match.series(),
          mongo ? List.of(Goal.ratio(OURS.name(), EXACT.name(), 0.9)) : List.of(),
          List.of(server));
    }
  }
}
