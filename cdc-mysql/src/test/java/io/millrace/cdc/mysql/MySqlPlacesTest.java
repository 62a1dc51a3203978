package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told and what goes on where a MySQL server has no GTIDs, beyond the contracts. */
@NeedsServer(ServerKind.MYSQL)
class MySqlPlacesTest {
  private SqlServer server;
  private Database database;
  private MySqlSource source;

  @BeforeEach
  void startServer() {
    server = TestFlavour.MYSQL_PLACES.dedicated(ServerOptions.defaults());
    database = server.createDatabase("places");
    database.execute("create table orders (id int primary key, note varchar(50))");
    source = TestFlavour.builder(database).capture(database.name() + ".orders").build();
    source.registration().install();
  }

  @AfterEach
  void closeServer() {
    server.close();
  }

  private static List<String> ids(List<ChangeEvent> events) {
    return events.stream().map(ChangeEvent::id).toList();
  }

  private void gtidMode(String... modes) {
    for (String mode : modes) {
      database.execute("set global gtid_mode = " + mode);
    }
  }

  @Test
  void a_quiet_log_that_goes_on_in_another_file_is_not_taken_for_a_stuck_one() throws Exception {
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')");
      reading.read(1);
      database.execute("flush binary logs");
      // Two looks at a silent log, and some time.
      long end = System.nanoTime() + Duration.ofSeconds(23).toNanos();
      while (System.nanoTime() < end) {
        assertThat(reading.poll()).isEmpty();
      }
      database.execute("insert into orders values (2, 'x')");
      ChangeEvent event = reading.read(1).get(0);
      assertThat(event.transactionId()).matches("binlog\\.\\d+:\\d+-\\d+");
    }
  }

  @Test
  void a_log_file_that_is_gone_is_a_lost_position() throws Exception {
    Position position;
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')");
      reading.read(1);
      position = reading.position();
    }
    database.execute("insert into orders values (2, 'x')", "flush binary logs");
    List<List<Object>> logs = database.query("show binary logs");
    database.execute("purge binary logs to '" + logs.get(logs.size() - 1).get(0) + "'");
    assertThatThrownBy(() -> Reading.resume(source, position, 1))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("has purged");
  }

  @Test
  void reading_by_place_goes_on_where_gtids_are_turned_on_and_by_gtid_ends_where_they_are_off()
      throws Exception {
    assertThat(source.preflight().stream().map(Finding::code)).contains("gtid-mode");
    Position place;
    Position permissive;
    long epoch;
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')");
      assertThat(ids(reading.read(1))).containsExactly("1");
      place = reading.position();
      epoch = reading.reader().epoch();
      database.execute("set global enforce_gtid_consistency = ON");
      gtidMode("off_permissive", "on_permissive");
      database.execute("insert into orders values (2, 'x')");
      assertThat(ids(reading.read(1))).containsExactly("2");
      permissive = reading.position();
    }
    gtidMode("on");
    assertThatThrownBy(() -> Reading.resume(source, place, epoch))
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("ON_PERMISSIVE until")
        .matches(e -> ((SourceException) e).retryable());
    Position byGtid;
    try (Reading reading = Reading.resume(source, permissive, epoch);
        Reading fresh = Reading.start(source)) {
      assertThat(reading.reader().epoch()).isEqualTo(epoch);
      database.execute("insert into orders values (3, 'x')");
      assertThat(ids(reading.read(1))).containsExactly("3");
      fresh.read(1);
      byGtid = fresh.position();
      assertThat(MySqlPosition.parse(reading.position()).isPlace()).isTrue();
      assertThat(MySqlPosition.parse(byGtid).isPlace()).isFalse();
    }
    gtidMode("on_permissive", "off_permissive", "off");
    assertThatThrownBy(() -> Reading.resume(source, byGtid, epoch))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("names transactions by their GTIDs");
  }

  @Test
  void several_servers_are_refused_by_name() {
    MySqlSource several =
        TestFlavour.builder(database)
            .capture(database.name() + ".orders")
            .fallback("localhost", server.port(), database.dataSource())
            .build();
    assertThat(several.preflight())
        .anyMatch(
            finding ->
                finding.code().equals("gtid-mode")
                    && finding.severity() == Finding.Severity.REFUSED
                    && finding.message().contains("fallback(…)"));
  }
}
