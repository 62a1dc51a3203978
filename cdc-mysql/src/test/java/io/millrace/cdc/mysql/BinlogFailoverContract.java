package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NetworkProxy;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A source that knows several servers: which is read, which is written, and when it moves on. */
abstract class BinlogFailoverContract {
  private final TestFlavour flavour;
  private final Replication replication;
  private SqlServer primary;
  private SqlServer replica;
  private Database first;
  private Database second;

  BinlogFailoverContract(TestFlavour flavour) {
    this.flavour = flavour;
    this.replication = new Replication(flavour);
  }

  @BeforeEach
  void startServers() {
    primary = flavour.dedicated(ServerOptions.defaults().with("log-slave-updates", "ON"));
    replica = flavour.dedicated(Replication.options());
    replication.attach(replica, primary);
    first = primary.createDatabase("failover");
    first.execute("create table orders (id int primary key, note varchar(50))");
    source(b -> b).registration().install();
    second = replica.database(first.name());
    caughtUp();
    replica.admin().execute("set global read_only = ON");
  }

  @AfterEach
  void closeServers() {
    replica.close();
    primary.close();
  }

  private void caughtUp() {
    replication.awaitExecuted(replica, replication.executed(first));
  }

  private MySqlSource.Builder on(Database database) {
    return TestFlavour.builder(database)
        .capture(first.name() + ".orders")
        .timeout(Duration.ofSeconds(4));
  }

  private MySqlSource source(UnaryOperator<MySqlSource.Builder> more) {
    return more.apply(on(first)).build();
  }

  private MySqlSource both() {
    return source(b -> b.fallback(replica.host(), replica.port(), second.dataSource()));
  }

  private static String place(SqlServer server) {
    return server.host() + ":" + server.port();
  }

  private void promote() {
    replication.detach(replica);
    replica.admin().execute("set global read_only = OFF");
  }

  private static List<String> ids(List<ChangeEvent> events) {
    return events.stream().map(ChangeEvent::id).toList();
  }

  /**
   * What preflight finds, but for what every test server has: it does not force its log to disk.
   */
  static List<String> codes(MySqlSource source) {
    return source.preflight().stream()
        .map(Finding::code)
        .filter(code -> !code.equals("sync-binlog"))
        .toList();
  }

  /** Opens the source again until it lets itself be opened, as a pipeline does. */
  static Reading resume(MySqlSource source, Position position, long epoch) {
    List<Reading> opened = new ArrayList<>();
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptionsMatching(e -> e instanceof SourceException s && s.retryable())
        .until(() -> opened.add(Reading.resume(source, position, epoch)));
    return opened.get(0);
  }

  @Test
  void a_promoted_replica_takes_over_under_a_new_epoch_and_nothing_is_missing_or_out_of_order()
      throws Exception {
    MySqlSource source = both();
    assertThat(codes(source)).isEmpty();
    assertThat(source.readFrom()).isEmpty();
    List<ChangeEvent> all = new ArrayList<>();
    Position position;
    long epoch;
    try (Reading reading = Reading.start(source)) {
      assertThat(source.readFrom()).contains(place(primary));
      epoch = reading.reader().epoch();
      for (int i = 0; i < 5; i++) {
        first.execute(
            "insert into orders values (" + i + ", 'a')",
            "update orders set note = 'b' where id = 0");
      }
      all.addAll(reading.read(6));
      position = reading.position();
    }
    first.execute("update orders set note = 'unread' where id = 0");
    caughtUp();
    primary.kill();
    assertThatThrownBy(() -> Reading.resume(source, position, epoch))
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("No server takes writes")
        .matches(e -> ((SourceException) e).retryable());
    promote();
    second.execute("update orders set note = 'after' where id = 0");
    assertThat(source.toString()).contains("reads " + place(primary));
    try (Reading reading = resume(source, position, epoch)) {
      assertThat(source.readFrom()).contains(place(replica));
      assertThat(source.toString()).contains("reads " + place(replica));
      assertThat(reading.reader().epoch()).isGreaterThan(epoch);
      all.addAll(reading.read(2));
      assertThat(codes(source)).containsExactly("server-away");
    }
    List<ChangeEvent> ofOne = all.stream().filter(e -> e.id().equals("0")).toList();
    assertThat(ofOne.stream().map(e -> e.newValue().get("note").toString()))
        .containsExactly("'a'", "'b'", "'unread'", "'after'");
    for (int i = 1; i < ofOne.size(); i++) {
      assertThat(ofOne.get(i).version()).isGreaterThan(ofOne.get(i - 1).version());
    }
    assertThat(second.value("select epoch from millrace_registration"))
        .isEqualTo(Long.toString(ofOne.get(3).version().epoch()));
  }

  @Test
  void a_replica_that_is_late_is_no_lost_position_while_the_primary_is_away() throws Exception {
    MySqlSource source =
        source(b -> b.log("named").fallback(replica.host(), replica.port(), second.dataSource()));
    replica.admin().execute(replication.stop());
    Position position;
    long epoch;
    try (Reading reading = Reading.start(source)) {
      first.execute("insert into orders values (1, 'x')", "insert into orders values (2, 'x')");
      reading.read(2);
      position = reading.position();
      epoch = reading.reader().epoch();
    }
    primary.kill();
    assertThatThrownBy(() -> Reading.resume(source, position, epoch))
        .isInstanceOf(SourceException.class)
        .isNotInstanceOf(LostPositionException.class)
        .hasMessageContaining("never executed")
        .hasMessageContaining("Waiting for " + place(primary))
        .matches(e -> ((SourceException) e).retryable());
    primary.start();
    replica.admin().execute(replication.start());
    first.execute("insert into orders values (3, 'x')");
    try (Reading reading = resume(source, position, epoch)) {
      assertThat(ids(reading.read(1))).containsExactly("3");
    }
    caughtUp();
    primary.kill();
    try (Reading reading = resume(source, position, epoch)) {
      assertThat(source.readFrom()).contains(place(replica));
      assertThat(ids(reading.read(1))).containsExactly("3");
    }
  }

  @Test
  void a_position_that_no_server_holds_or_the_written_one_lost_is_lost() throws Exception {
    MySqlSource source = both();
    Position early;
    Position late;
    long epoch;
    try (Reading reading = Reading.start(source)) {
      first.execute("insert into orders values (1, 'x')");
      reading.read(1);
      early = reading.position();
      epoch = reading.reader().epoch();
      caughtUp();
      replica.admin().execute(replication.stop());
      first.execute("insert into orders values (2, 'x')");
      reading.read(1);
      late = reading.position();
    }
    first.execute(replication.reset());
    assertThatThrownBy(() -> Reading.resume(source, late, epoch))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining(place(primary))
        .hasMessageContaining(place(replica));
    assertThatThrownBy(() -> Reading.resume(source, early, epoch))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining(place(primary));
    // The same, where applications write to the replica by now.
    promote();
    first.execute("set global read_only = ON");
    second.execute("insert into orders values (9, 'x')");
    try (Reading reading = resume(source, early, epoch)) {
      assertThat(source.readFrom()).contains(place(replica));
      assertThat(ids(reading.read(1))).containsExactly("9");
    }
  }

  @Test
  void a_replica_is_read_and_the_server_it_follows_is_written() throws Exception {
    MySqlSource source =
        on(second).fallback(primary.host(), primary.port(), first.dataSource()).build();
    assertThat(codes(source)).isEmpty();
    try (Reading reading = Reading.start(source)) {
      assertThat(source.readFrom()).contains(place(replica));
      reading.reader().saved(reading.position());
      Instant now = Instant.ofEpochSecond(1_700_000_000);
      assertThat(source.beat(new Heartbeat("test", 7, now, Optional.empty()))).isTrue();
      ChangeEvent beat = reading.read(1).get(0);
      assertThat(beat.entity()).isEqualTo("millrace.heartbeat");
      first.execute("insert into orders values (1, 'x')");
      assertThat(ids(reading.read(1))).containsExactly("1");
      assertThat(first.value("select epoch from millrace_registration"))
          .isEqualTo(Long.toString(reading.reader().epoch()));
      assertThat(first.value("select pipeline from millrace_reader")).isEqualTo("test");
    }
    caughtUp();
    assertThat(replication.executed(second)).isEqualTo(replication.executed(first));
  }

  @Test
  void a_read_only_server_alone_needs_the_logs_name_and_has_no_heartbeats() throws Exception {
    MySqlSource unnamed = on(second).build();
    assertThat(codes(unnamed)).containsExactly("read-only");
    MySqlSource source = on(second).log("named").build();
    assertThat(codes(source)).isEmpty();
    try (Reading reading = Reading.start(source)) {
      first.execute("insert into orders values (1, 'x')");
      assertThat(ids(reading.read(1))).containsExactly("1");
    }
    Heartbeat beat = new Heartbeat("test", 1, Instant.ofEpochSecond(1), Optional.empty());
    Database poor =
        first.createUser(
            "reader",
            "select, insert, update, delete on " + first.name() + ".*",
            flavour == TestFlavour.MARIADB ? "binlog monitor on *.*" : "replication client on *.*");
    caughtUp();
    assertThat(on(second.as(poor.user(), poor.password())).log("named").build().beat(beat))
        .isFalse();
    MySqlSource waiting =
        on(second.as(poor.user(), poor.password())).user("root").password(Secret.of("")).build();
    assertThatThrownBy(() -> Reading.start(waiting).close())
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("read-only")
        .matches(e -> ((SourceException) e).retryable());
  }

  @Test
  void a_connection_that_swallows_everything_is_noticed_in_half_the_time_out() throws Exception {
    try (NetworkProxy proxy = NetworkProxy.to(primary)) {
      MySqlSource source =
          MySqlSource.builder(first.dataSource(proxy))
              .host(proxy.host())
              .port(proxy.port())
              .user(first.user())
              .password(Secret.of(first.password()))
              .service("shop")
              .log("named")
              .capture(first.name() + ".orders")
              .timeout(Duration.ofSeconds(4))
              .fallback(replica.host(), replica.port(), second.dataSource())
              .build();
      Position position;
      long epoch;
      try (Reading reading = Reading.start(source)) {
        first.execute("insert into orders values (1, 'x')");
        reading.read(1);
        position = reading.position();
        epoch = reading.reader().epoch();
        // Nothing to send is no silence: the server's signs of life come through.
        long quiet = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (System.nanoTime() < quiet) {
          assertThat(reading.poll()).isEmpty();
        }
        proxy.halfOpen();
        long since = System.nanoTime();
        assertThat(BinlogReaderContract.failure(reading).retryable()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - since))
            .isLessThan(Duration.ofSeconds(2 + 2)); // half of 4 s, and what a busy machine takes
      }
      first.execute("insert into orders values (2, 'x')");
      try (Reading reading = resume(source, position, epoch)) {
        assertThat(source.readFrom()).contains(place(replica));
        assertThat(ids(reading.read(1))).containsExactly("2");
      }
    }
  }

  @Test
  void a_data_source_of_another_server_is_told() {
    MySqlSource source =
        MySqlSource.builder(second.dataSource())
            .host(primary.host())
            .port(primary.port())
            .user(first.user())
            .password(Secret.of(first.password()))
            .service("shop")
            .log("named")
            .capture(first.name() + ".orders")
            .build();
    assertThatThrownBy(() -> Reading.start(source).close())
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("data source leads to");
  }
}
