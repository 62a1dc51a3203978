package io.millrace.examples.monolith;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The main job, as {@code examples/run monolith-sync} runs it. */
class MonolithSyncTest {
  @Test
  @NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB, ServerKind.KAFKA})
  void ten_thousand_changes_on_both_sides_end_equal_with_nothing_lost_and_nothing_echoed()
      throws Exception {
    endsEqual("mariadb");
  }

  @Test
  @NeedsServer({ServerKind.POSTGRES, ServerKind.MONGO, ServerKind.KAFKA})
  void ten_thousand_changes_with_a_monolith_of_documents_end_equal_as_well() throws Exception {
    endsEqual("mongo");
  }

  private static void endsEqual(String monolith) throws Exception {
    Options options =
        MonolithSync.parse(new String[] {"--monolith", monolith, "--changes", "10000"});

    Summary summary =
        MonolithSync.run(options, new PrintStream(System.out, true, StandardCharsets.UTF_8));

    System.out.println(summary.text());
    assertThat(summary.differences()).isEmpty();
    assertThat(summary.verdict().examples()).isEmpty();
    assertThat(summary.verdict().lost()).isZero();
    assertThat(summary.verdict().echoes()).isZero();
    assertThat(summary.held()).isZero();
    assertThat(summary.changes()).isGreaterThanOrEqualTo(10_000);
    assertThat(summary.hotChanges()).isGreaterThanOrEqualTo(summary.changes() / 5);
    assertThat(summary.skippedEchoes()).isPositive();
    assertThat(summary.captured().values()).allMatch(count -> count > 500);
  }
}
