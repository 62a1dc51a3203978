package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two nodes of a cluster that both take writes. */
@NeedsServer(ServerKind.MARIADB)
class GaleraClusterTest {
  private static final String GTIDS = "select @@global.gtid_binlog_pos";

  private static MySqlSource source(Database first, Database second) {
    return TestFlavour.builder(first)
        .capture(first.name() + ".orders")
        .log("cluster")
        .timeout(Duration.ofSeconds(4))
        .fallback(second.server().host(), second.server().port(), second.dataSource())
        .build();
  }

  private static List<String> told(List<ChangeEvent> events) {
    return events.stream().map(e -> e.id() + " " + e.newValue().get("note")).toList();
  }

  /** What an applier would write on a node. */
  private static void applied(Database node, String statement) throws SQLException {
    try (Connection connection = node.connect();
        Statement sql = connection.createStatement()) {
      connection.setAutoCommit(false);
      sql.execute(BinlogEchoContract.marks(node.name(), "orders", "2", 1, 0));
      sql.execute(statement);
      connection.commit();
    }
  }

  @Test
  void what_every_node_writes_is_read_from_one_and_from_another_when_that_one_is_gone()
      throws Exception {
    try (GaleraNodes nodes = GaleraNodes.start(true)) {
      Database first = nodes.first().createDatabase("galera");
      first.execute(
          "create table orders (id int primary key, note varchar(50))", BinlogEchoContract.LEDGER);
      Database second = nodes.second().database(first.name());
      MySqlSource source = source(first, second);
      source.registration().install();
      GaleraNodes.awaitSame(first, second, GTIDS);
      assertThat(BinlogFailoverContract.codes(source))
          .containsExactly("galera-failover", "galera-failover");
      List<ChangeEvent> all = new ArrayList<>();
      Position position;
      long epoch;
      try (Reading reading = Reading.start(source)) {
        epoch = reading.reader().epoch();
        first.execute("insert into orders values (1, 'first')");
        GaleraNodes.awaitSame(first, second, GTIDS);
        second.execute("update orders set note = 'second' where id = 1");
        GaleraNodes.awaitSame(first, second, GTIDS);
        first.execute("update orders set note = 'third' where id = 1");
        all.addAll(reading.read(3));
        applied(second, "insert into orders values (2, 'applied')");
        second.execute("update orders set note = 'own' where id = 2");
        assertThat(told(reading.read(1))).containsExactly("2 'own'");
        assertThat(reading.echoes()).isEqualTo(1);
        position = reading.position();
      }
      second.execute("update orders set note = 'unread' where id = 1");
      GaleraNodes.awaitSame(first, second, GTIDS);
      nodes.first().kill();
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(
              () -> {
                second.execute("update orders set note = 'alone' where id = 1");
                return true;
              });
      try (Reading reading = BinlogFailoverContract.resume(source, position, epoch)) {
        assertThat(source.readFrom())
            .contains(second.server().host() + ":" + second.server().port());
        assertThat(reading.reader().epoch()).isGreaterThan(epoch);
        all.addAll(reading.read(2));
      }
      assertThat(told(all))
          .containsExactly("1 'first'", "1 'second'", "1 'third'", "1 'unread'", "1 'alone'");
      for (int i = 1; i < all.size(); i++) {
        assertThat(all.get(i).version()).isGreaterThan(all.get(i - 1).version());
      }
    }
  }

  @Test
  void nodes_with_gtids_of_their_own_are_refused_together_and_warned_of_alone() throws Exception {
    try (GaleraNodes nodes = GaleraNodes.start(false)) {
      Database first = nodes.first().createDatabase("galera");
      first.execute("create table orders (id int primary key, note varchar(50))");
      Database second = nodes.second().database(first.name());
      MySqlSource both = source(first, second);
      both.registration().install();
      await().until(() -> second.number("select count(*) from orders") == 0);
      assertThat(both.preflight())
          .filteredOn(finding -> finding.severity() == Finding.Severity.REFUSED)
          .extracting(Finding::code)
          .containsOnly("galera-gtid");
      MySqlSource one =
          TestFlavour.builder(first).capture(first.name() + ".orders").log("cluster").build();
      assertThat(BinlogFailoverContract.codes(one)).containsExactly("galera-gtid");
      try (Reading reading = Reading.start(one)) {
        second.execute("insert into orders values (1, 'second')");
        first.execute("insert into orders values (2, 'first')");
        assertThat(told(reading.read(2))).containsExactlyInAnyOrder("1 'second'", "2 'first'");
      }
    }
  }
}
