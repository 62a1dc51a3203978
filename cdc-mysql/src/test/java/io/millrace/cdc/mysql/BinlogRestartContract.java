package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers that die, forget and come back as another. */
abstract class BinlogRestartContract {
  private final TestFlavour flavour;
  private SqlServer server;
  private Database database;
  private MySqlSource source;

  BinlogRestartContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @BeforeEach
  void startServer() {
    server = flavour.dedicated(ServerOptions.defaults());
    database = server.createDatabase("restart");
    database.execute("create table orders (id int primary key, note varchar(50))");
    source = sourceOf(database);
    source.registration().install();
  }

  @AfterEach
  void closeServer() {
    server.close();
  }

  private static MySqlSource sourceOf(Database database) {
    return TestFlavour.builder(database).capture(database.name() + ".orders").build();
  }

  private static List<String> ids(List<ChangeEvent> events) {
    return events.stream().map(ChangeEvent::id).toList();
  }

  private void reset() {
    database.execute(flavour.isMySql() ? "reset binary logs and gtids" : "reset master");
  }

  private void rotateAndPurge() {
    if (flavour == TestFlavour.MARIADB) {
      // else it keeps everything while no replica is connected
      database.execute("set global slave_connections_needed_for_purge = 0");
    }
    database.execute("flush binary logs");
    // MariaDB keeps a log until its engines have confirmed what is in it
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              List<List<Object>> logs = database.query("show binary logs");
              database.execute("purge binary logs to '" + logs.get(logs.size() - 1).get(0) + "'");
              return database.query("show binary logs").size() == 1;
            });
  }

  @Test
  void after_a_crash_of_the_server_the_rest_is_read_under_a_new_epoch() throws Exception {
    long epoch;
    Position position;
    try (Reading reading = Reading.start(source)) {
      epoch = reading.reader().epoch();
      database.execute("insert into orders values (1, 'x')", "insert into orders values (2, 'x')");
      List<ChangeEvent> events = new ArrayList<>(reading.read(2));
      position = reading.position();
      server.kill();
      assertThat(BinlogReaderContract.failure(reading).retryable()).isTrue();
      assertThatThrownBy(() -> Reading.resume(source, reading.position(), epoch))
          .isInstanceOf(SourceException.class)
          .matches(e -> ((SourceException) e).retryable());
      assertThat(ids(events)).containsExactly("1", "2");
    }
    server.start();
    database.execute("insert into orders values (3, 'x')");
    try (Reading reading = Reading.resume(source, position, epoch)) {
      assertThat(reading.reader().epoch()).isGreaterThan(epoch);
      assertThat(ids(reading.read(1))).containsExactly("3");
    }
  }

  @Test
  void a_server_that_falls_silent_is_noticed() throws Exception {
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')");
      reading.read(1);
      server.pause();
      try {
        assertThat(BinlogReaderContract.failure(reading).retryable()).isTrue();
      } finally {
        server.resume();
      }
    }
  }

  @Test
  void what_was_purged_unread_is_a_lost_position() throws Exception {
    Position position;
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')");
      reading.read(1);
      position = reading.position();
    }
    database.execute("insert into orders values (2, 'x')");
    rotateAndPurge();
    assertThatThrownBy(() -> Reading.resume(source, position, 1))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("purged");
  }

  @Test
  void a_purged_witness_is_no_loss_where_nothing_after_it_is_missing() throws Exception {
    Position position;
    long epoch;
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')");
      reading.read(1);
      position = reading.position();
      epoch = reading.reader().epoch();
    }
    rotateAndPurge();
    database.execute("insert into orders values (2, 'x')");
    try (Reading reading = Reading.resume(source, position, epoch)) {
      assertThat(reading.reader().epoch()).isGreaterThan(epoch);
      assertThat(ids(reading.read(1))).containsExactly("2");
    }
  }

  @Test
  void the_oldest_start_begins_with_what_is_left() throws Exception {
    database.execute("insert into orders values (1, 'x')");
    rotateAndPurge();
    database.execute("insert into orders values (2, 'x')");
    try (Reading reading = Reading.oldest(source)) {
      assertThat(ids(reading.read(1))).containsExactly("2");
    }
  }

  @Test
  void a_reset_log_is_a_lost_position() throws Exception {
    Position position;
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')");
      reading.read(1);
      position = reading.position();
    }
    reset();
    assertThatThrownBy(() -> Reading.resume(source, position, 1))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("never executed");
  }

  @Test
  void a_reset_log_that_reached_the_same_ids_again_is_a_lost_position() throws Exception {
    reset();
    Position position;
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into orders values (1, 'x')", "insert into orders values (2, 'x')");
      reading.read(2);
      position = reading.position();
    }
    reset();
    for (int i = 10; i < 20; i++) {
      database.execute("insert into orders values (" + i + ", 'x')");
    }
    assertThatThrownBy(() -> Reading.resume(source, position, 1))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("another transaction");
  }

  @Test
  void a_restored_server_that_lost_what_was_read_is_a_lost_position() throws Exception {
    database.execute("insert into orders values (1, 'x')");
    server.stop();
    Path backup = server.copyData();
    server.start();
    Position position;
    Position early;
    long epoch;
    try (Reading reading = Reading.start(source)) {
      early = reading.position();
      epoch = reading.reader().epoch();
      database.execute("insert into orders values (2, 'x')");
      reading.read(1);
      position = reading.position();
    }
    try (SqlServer restored = flavour.dedicated(ServerOptions.defaults().withDataFrom(backup))) {
      Database copy = restored.database(database.name());
      MySqlSource again = sourceOf(copy);
      assertThatThrownBy(() -> Reading.resume(again, position, epoch))
          .isInstanceOf(LostPositionException.class);
      copy.execute("insert into orders values (3, 'x')", "insert into orders values (4, 'x')");
      assertThatThrownBy(() -> Reading.resume(again, position, epoch))
          .isInstanceOf(LostPositionException.class);
      assertThat(early.text()).isNotEmpty();
    }
  }
}
