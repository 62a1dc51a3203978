package io.millrace.examples.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.examples.monolith.Summary;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The example, as {@code examples/run mysql-copy} runs it. */
class MySqlCopyTest {
  @Test
  @NeedsServer({ServerKind.MYSQL, ServerKind.KAFKA})
  void chosen_rows_and_columns_of_one_mysql_end_equal_in_another() throws Exception {
    endsEqual("--server", "mysql", "--changes", "2000", "--rate", "400");
  }

  @Test
  @NeedsServer({ServerKind.MARIADB, ServerKind.KAFKA})
  void chosen_rows_and_columns_of_one_mariadb_end_equal_in_another() throws Exception {
    endsEqual("--server", "mariadb", "--changes", "2000", "--rate", "400");
  }

  @Test
  @NeedsServer({ServerKind.MARIADB, ServerKind.KAFKA})
  void what_reads_and_what_writes_are_killed_and_the_copy_ends_equal() throws Exception {
    Summary summary = endsEqual("--seconds", "40", "--rate", "50", "--kill");

    assertThat(summary.deaths()).isNotEmpty();
  }

  @Test
  void options_of_other_examples_are_refused() {
    assertThatThrownBy(() -> MySqlCopy.parse(new String[] {"--server", "postgres"}))
        .hasMessage("--server needs one of auto, mysql, mariadb");
    assertThatThrownBy(() -> MySqlCopy.parse(new String[] {"--monolith", "mariadb"}))
        .hasMessageContaining("--monolith");
    assertThatThrownBy(() -> MySqlCopy.parse(new String[] {"--large", "5"}))
        .hasMessageContaining("--large");
  }

  private static Summary endsEqual(String... arguments) throws Exception {
    Summary summary =
        MySqlCopy.run(
            MySqlCopy.parse(arguments), new PrintStream(System.out, true, StandardCharsets.UTF_8));

    System.out.println(summary.json());
    assertThat(summary.differences()).isEmpty();
    assertThat(summary.verdict().examples()).isEmpty();
    assertThat(summary.good()).isTrue();
    assertThat(summary.held()).isZero();
    assertThat(summary.rows()).containsOnlyKeys("article", "customer", "order", "stock");
    assertThat(summary.rows().values()).allMatch(rows -> rows > 10);
    assertThat(summary.hotChanges()).isGreaterThan(summary.changes() / 5);
    return summary;
  }
}
