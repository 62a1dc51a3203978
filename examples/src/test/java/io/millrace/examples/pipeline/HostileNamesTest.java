package io.millrace.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.postgres.PostgresSource;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Names nobody should give, which somebody gives, are refused where they are given. */
class HostileNamesTest {
  /** Never asked for a connection. */
  private static final DataSource NONE = new PGSimpleDataSource();

  @ParameterizedTest
  @ValueSource(strings = {"a\"b", "a`b", "a'b", "жук", "a b", "a/b", "..", ".", ""})
  void topics_that_kafka_cannot_have_are_refused_by_name(String name) {
    assertThatThrownBy(() -> KafkaTransport.builder().topic(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name.isEmpty() ? "topic must not be blank" : "got '" + name + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\"b", "a`b", "a'b", "жук", "a b", "a/b", ""})
  void pipelines_of_names_that_no_file_or_row_should_have_are_refused_by_name(String name) {
    assertThatThrownBy(() -> Pipeline.builder(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + name + "'");
  }

  @Test
  void names_that_are_too_long_are_refused_by_name() {
    for (String name : List.of("x".repeat(250), "x".repeat(1_000))) {
      assertThatThrownBy(() -> KafkaTransport.builder().topic(name)).hasMessageContaining(name);
      assertThatThrownBy(() -> Pipeline.builder(name)).hasMessageContaining(name);
      assertThatThrownBy(() -> Applier.builder(name)).hasMessageContaining(name);
    }
  }

  @Test
  void services_of_which_a_ledger_could_not_keep_the_logs_name_are_refused_by_name() {
    String longest = "s".repeat(55);
    PostgresSource.builder(NONE).service(longest);
    MySqlSource.builder(NONE).service(longest).log("l".repeat(64));
    for (String name : List.of("s".repeat(56), "жук".repeat(10))) {
      assertThatThrownBy(() -> PostgresSource.builder(NONE).service(name))
          .hasMessageContaining(name);
    }
    for (String name : List.of("s".repeat(56), "ж".repeat(28))) {
      assertThatThrownBy(() -> MySqlSource.builder(NONE).service(name)).hasMessageContaining(name);
    }
    assertThatThrownBy(() -> MySqlSource.builder(NONE).log("l".repeat(65)))
        .hasMessageContaining("64 bytes");
  }
}
