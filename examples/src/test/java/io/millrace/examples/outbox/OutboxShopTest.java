package io.millrace.examples.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.examples.monolith.EventOrder;
import io.millrace.examples.monolith.Journal;
import io.millrace.examples.monolith.Options;
import io.millrace.examples.monolith.Summary;
import io.millrace.examples.monolith.Topic;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The example, as {@code examples/run outbox} runs it. */
class OutboxShopTest {
  @Test
  @NeedsServer({ServerKind.POSTGRES, ServerKind.KAFKA})
  void service_and_consumer_are_killed_and_the_view_ends_equal() throws Exception {
    Options options = OutboxShop.parse(new String[] {"--changes", "800", "--rate", "100"});

    Summary summary =
        OutboxShop.run(options, new PrintStream(System.out, true, StandardCharsets.UTF_8));

    System.out.println(summary.json());
    assertThat(summary.differences()).isEmpty();
    assertThat(summary.verdict().examples()).isEmpty();
    assertThat(summary.good()).isTrue();
    assertThat(summary.held()).isZero();
    assertThat(summary.changes()).isGreaterThanOrEqualTo(800);
    assertThat(summary.deaths()).isNotEmpty();
  }

  @Test
  void events_of_an_order_that_stand_otherwise_than_committed_are_a_difference() {
    String first = "orders\torder\t1\tCREATED\tid=1";
    String second = "orders\torder\t1\tDELETED";
    List<Journal.Entry> journal =
        List.of(new Journal.Entry(1, first), new Journal.Entry(2, second));
    Topic.Event created = new Topic.Event("a", first, 0);
    Topic.Event deleted = new Topic.Event("b", second, 0);

    assertThat(EventOrder.differences(journal, List.of(created, deleted, created))).isEmpty();
    assertThat(EventOrder.differences(journal, List.of(deleted, created))).hasSize(1);
    assertThat(EventOrder.differences(journal, List.of(created))).hasSize(1);
  }
}
