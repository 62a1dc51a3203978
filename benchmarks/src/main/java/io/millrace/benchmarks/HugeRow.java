package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.SqlServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One row that is a good part of the heap: whether it passes, and with how much memory. */
final class HugeRow implements Workload {
  private static final int BYTES = 60_000_000;
  private static final int ROWS = 3;

  @Override
  public String name() {
    return "huge-row";
  }

  @Override
  public String summary() {
    return "one row of 60 MB with -Xmx256m, on MySQL, MariaDB and PostgreSQL";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    Map<HugeOn, List<Series>> all = new LinkedHashMap<>();
    List<String> servers = new ArrayList<>();
    for (HugeOn where : HugeOn.values()) {
      bench.part(
          where.part(name()),
          () -> {
            all.put(where, read(bench.withRounds(1), where, servers));
            return List.of();
          });
    }
    return List.of(
        new Result(
            name(),
            "One row of 60 MB",
            text(all),
            "",
            Result.Measure.NONE,
            List.of(),
            List.of(),
            List.of(String.join("; ", servers))));
  }

  private List<Series> read(Bench bench, HugeOn where, List<String> servers) throws Exception {
    String name = where.part(name());
    try (SqlServer server = where.start();
        Match match = new Match(bench, name, HugeOn.HEAP_MEGABYTES).warmingUpOnce()) {
      Database database = server.createDatabase("huge");
      where.createBig(database);
      for (Contestant contestant :
          where.able(
              new Contestant("Millrace, events", Team.MILLRACE, where.task(), Style.LEAN),
              new Contestant(
                  "Millrace, pipeline to protobuf", Team.MILLRACE, where.task(), Style.WHOLE),
              new Contestant("Debezium, structs", Team.DEBEZIUM, where.task(), Style.LEAN),
              new Contestant("Debezium, JSON", Team.DEBEZIUM, where.task(), Style.WHOLE))) {
        match.enter(contestant, ROWS, Places.of(database), Place.NONE, HugeOn.BIG);
      }
      match.prepare();
      bench.progress().say("%s  writing a row of %,d bytes", name, BYTES);
      where.writeRow(database, BYTES);
      match.play();
      servers.add(server.description());
      return match.series();
    }
  }

  private static String text(Map<HugeOn, List<Series>> all) {
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "A row whose one text has %,d bytes, between two small ones, read twice with `-Xmx%dm`; the peak is that of"
                    + " both.%n%n| server | contender | passes | peak MB |%n|---|---|---|---:|",
                BYTES,
                HugeOn.HEAP_MEGABYTES));
    all.forEach(
        (where, contestants) -> {
          for (Series series : contestants) {
            text.append("\n| ").append(where.title()).append(" | ");
            text.append(series.contestant().name()).append(" | ").append(outcome(series));
          }
        });
    return text.toString();
  }

  private static String outcome(Series series) {
    if (!series.isWhole()) {
      return "**no**: " + series.failure() + " | |";
    }
    long peak = series.readings().get(0).peakBytes();
    return String.format(Locale.ROOT, "yes | %,.0f |", peak / 1048576.0);
  }
}
