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

/** What capturing a PostgreSQL table costs the application that writes it. */
final class WriterCost implements Workload {
  private static final int SINGLE = 50_000;
  private static final int BULK = 250_000;
  private static final String OURS = "our trigger";
  private static final String NONE = "no trigger";
  private static final String AUDIT = "audit trigger with jsonb";
  private static final String SLOT = "logical slot, read meanwhile";

  /** Statement triggers with transition tables, into our log; no trigger of ours beside them. */
  private static final String BY_KEY = "statement trigger, paired by key";

  private static final String BY_ORDER = "statement trigger, paired by order";

  @Override
  public String name() {
    return "postgres-writes";
  }

  @Override
  public String summary() {
    return "what our trigger costs the writer, against none, an audit trigger and a logical slot";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    List<Result> results = new ArrayList<>();
    ServerOptions logical = ServerOptions.defaults().with("wal_level", "logical");
    try (PostgresServer server = PostgresServer.startDedicated();
        PostgresServer decoded = PostgresServer.startDedicated(logical)) {
      results.add(part(bench, server, decoded, Style.LEAN, bench.options().scaled(SINGLE)));
      results.add(part(bench, server, decoded, Style.WHOLE, bench.options().scaled(BULK)));
    }
    return results;
  }

  private Result part(
      Bench bench, PostgresServer server, PostgresServer decoded, Style style, int rows)
      throws Exception {
    boolean bulk = style == Style.WHOLE;
    String name = name() + (bulk ? "-bulk" : "-single");
    Database database = server.createDatabase("writes");
    Database slot = decoded.createDatabase("writes");
    for (String table : List.of("plain", "audited", "captured", "keyed", "ordered")) {
      fill(database, table, rows);
    }
    fill(slot, "decoded", rows);
    audit(database);
    try (Match capture = new Match(bench, name + "-installation")) {
      capture.enter(
          new Contestant("installation", Team.MILLRACE, Task.POSTGRES_DRAIN, Style.LEAN),
          rows,
          Places.of(database),
          Place.NONE,
          "captured");
      capture.prepare();
    }
    statementTriggers(database);
    try (Match match = new Match(bench, name)) {
      match.enter(contestant(OURS, style), rows, Places.of(database), Place.NONE, "captured");
      match.enter(contestant(NONE, style), rows, Places.of(database), Place.NONE, "plain");
      match.enter(contestant(AUDIT, style), rows, Places.of(database), Place.NONE, "audited");
      match.enter(contestant(SLOT, style), rows, Places.of(slot), Place.NONE, "decoded");
      match.enter(contestant(BY_KEY, style), rows, Places.of(database), Place.NONE, "keyed");
      match.enter(contestant(BY_ORDER, style), rows, Places.of(database), Place.NONE, "ordered");
      match.prepare();
      match.play();
      return new Result(
          name,
          "Cost on the writer, PostgreSQL, " + (bulk ? "one statement" : "row by row"),
          String.format(
              Locale.ROOT,
              "%,d rows of seven columns updated %s. All write alike over JDBC; the tables differ. The CPU column is"
                  + " that of the *server's* process of the writing session; the slot's decoding runs in another"
                  + " process and is not in it. The audit trigger inserts `to_jsonb` of both states. The statement"
                  + " triggers write what ours writes into the same log, once for each statement, from its transition"
                  + " tables: docs/postgresql.md says what they cannot do.",
              rows,
              bulk ? "by one statement" : "one by one, a commit each, by a prepared statement"),
          "rows",
          Result.Measure.RATE,
          match.series(),
          bulk ? List.of() : List.of(Goal.ratio(OURS, NONE, 0.58)),
          List.of(
              server.description(),
              "What limits ours is a second row for each one that is written, with both states of it: the function that the"
                  + " trigger calls, the insert, its index entry and its share of the write-ahead log."));
    }
  }

  private static Contestant contestant(String name, Style style) {
    return new Contestant(name, Team.RAW, Task.POSTGRES_WRITES, style);
  }

  private static void fill(Database database, String table, int rows) {
    Orders.createPostgres(database, table);
    database.execute(
        "insert into "
            + table
            + " select i, i * 7, 'open', i / 3.0, 'a note of some length for order ' || i, now(), now()"
            + " from generate_series(0, "
            + (rows - 1)
            + ") i",
        "vacuum analyze " + table);
  }

  /**
   * The two ways in which a statement's trigger could tell which new row an old one became: by a
   * key that did not change, or by the order in which the server happens to keep both tables.
   */
  private static void statementTriggers(Database database) {
    statementTrigger(database, "keyed", "old_rows o join new_rows n on n.id = o.id where o *<> n");
    statementTrigger(
        database,
        "ordered",
        "(select r as o, row_number() over () as place from old_rows r) as a"
            + " join (select r as n, row_number() over () as place from new_rows r) as b using (place) where o *<> n");
  }

  private static void statementTrigger(Database database, String table, String pairs) {
    database.execute(
        "create function log_"
            + table
            + "() returns trigger language plpgsql security definer as $$ begin"
            + " insert into millrace.change_log (incarnation, depth, op, relation, old, new)"
            + " select millrace.incarnation(), pg_trigger_depth(), 'U', 'public."
            + table
            + "', row_to_json(o), row_to_json(n) from "
            + pairs
            + "; return null; end $$",
        "create trigger log_"
            + table
            + " after update on "
            + table
            + " referencing old table as old_rows new table as new_rows"
            + " for each statement execute function log_"
            + table
            + "()");
  }

  private static void audit(Database database) {
    database.execute(
        "create table audit (id bigint generated always as identity primary key, at timestamptz not null default now(),"
            + " relation text not null, operation text not null, old_row jsonb, new_row jsonb)",
        "create function audit() returns trigger language plpgsql as $$ begin"
            + " insert into audit (relation, operation, old_row, new_row)"
            + " values (tg_relid::regclass::text, tg_op, to_jsonb(old), to_jsonb(new)); return null; end $$",
        "create trigger audit after insert or update or delete on audited"
            + " for each row execute function audit()");
  }
}
