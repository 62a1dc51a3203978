package io.millrace.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One workload, so small that its figures mean nothing, from the servers to the report. */
@NeedsServer(ServerKind.POSTGRES)
final class HarnessTest {
  private static final Path HOME = Path.of("").toAbsolutePath();

  @TempDir private Path report;

  @Test
  void every_contender_does_a_small_workload_and_the_report_tells_of_it() throws Exception {
    Options options =
        Options.parse(
            HOME,
            "postgres-drain",
            "--rounds",
            "1",
            "--scale",
            "0.004",
            "--report",
            report.toString());

    List<Result> results = Main.measure(options, new Progress(System.err));

    assertThat(results).hasSize(1);
    assertThat(results.get(0).series()).hasSize(5);
    for (Series series : results.get(0).series()) {
      assertThat(series.failure()).as(series.contestant().name()).isEmpty();
      assertThat(series.readings())
          .singleElement()
          .satisfies(
              reading -> {
                // ours do not count their first batch, and a SELECT sees heartbeats too
                assertThat(reading.events()).isBetween(1000L, 2010L);
                assertThat(reading.peakBytes()).isPositive();
              });
    }
    assertThat(Files.readString(report.resolve("REPORT.md")))
        .contains("## PostgreSQL change log", "| Millrace, events |", "`mysql-drain`");
    assertThat(Files.readString(report.resolve("postgres-drain.svg"))).endsWith("</svg>\n");
  }

  @Test
  void no_contender_has_the_jars_of_another() throws Exception {
    assertThat(Team.DEBEZIUM.classPath(HOME)).noneMatch(jar -> jar.toString().contains("cdc-core"));
    assertThat(Team.MILLRACE.classPath(HOME)).noneMatch(jar -> jar.toString().contains("debezium"));
  }
}
