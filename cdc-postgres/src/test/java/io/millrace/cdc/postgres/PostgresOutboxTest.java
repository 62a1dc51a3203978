package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.jdbc.HandlerTarget;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.outbox.EntityType;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.CommittedEvents;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is PostgreSQL's own about the outbox: grants, upgrades, and the way to a consumer. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresOutboxTest {
  record Item(long id, int v) {}

  private static final EntityType<Item> ITEMS =
      EntityType.of("thing", Item.class).key("id").build();

  private final Database database = PostgresServer.shared().createDatabase("box");
  private final PostgresSource source = source(database);
  private final PostgresOutbox outbox = PostgresOutbox.create();

  @AfterEach
  void drop() {
    database.drop();
  }

  private static PostgresSource source(Database database) {
    database.execute("create table item (id int primary key, v int)");
    PostgresSource source =
        PostgresSource.builder(database.dataSource())
            .service("test")
            .capture("public.item")
            .outbox()
            .longestIdle(Duration.ofSeconds(30))
            .build();
    source.changeLog().install();
    return source;
  }

  private void append(Database as, EntityEvent... events) throws SQLException {
    try (Connection connection = as.connect()) {
      connection.setAutoCommit(false);
      for (EntityEvent event : events) {
        outbox.append(connection, event);
      }
      connection.commit();
    }
  }

  @Test
  void an_application_needs_one_grant_and_gets_no_right_on_the_log() throws Exception {
    Database user = database.createUser("app");
    assertThatThrownBy(() -> append(user, ITEMS.created(new Item(1, 1))))
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("thing/1")
        .hasMessageContaining("GRANT EXECUTE ON FUNCTION millrace.append");
    database.execute(
        "grant usage on schema millrace to " + user.user(),
        "grant execute on function millrace.append(text, text, bytea) to " + user.user());
    try (CommittedEvents events = CommittedEvents.of(source)) {
      append(user, ITEMS.created(new Item(1, 1)));
      assertThat(events.take()).extracting(ChangeEvent::id).containsExactly("1");
    }
    for (String forbidden :
        List.of(
            "select * from millrace.change_log",
            "insert into millrace.change_log (incarnation, depth, op, relation) values (1, 1, 'I', 'x')",
            "delete from millrace.change_log",
            "select nextval('millrace.change_log_id')",
            "truncate millrace.change_log")) {
      assertThatThrownBy(() -> user.execute(forbidden)).hasMessageContaining("permission denied");
    }
  }

  @Test
  void a_hostile_session_changes_nothing_in_what_is_read() throws Exception {
    try (CommittedEvents events = CommittedEvents.of(source);
        Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("create schema evil");
      statement.execute(
          "create function evil.pg_advisory_xact_lock(bigint) returns void language plpgsql as"
              + " $$ begin raise exception 'redirected'; end $$");
      statement.execute(
          "create function evil.pick(text, text) returns text language plpgsql as"
              + " $$ begin raise exception 'redirected'; end $$");
      statement.execute(
          "create function evil.differs(text, text) returns boolean language plpgsql as"
              + " $$ begin raise exception 'redirected'; end $$");
      statement.execute(
          "create operator evil.|| (leftarg = text, rightarg = text, function = evil.pick)");
      statement.execute(
          "create operator evil.= (leftarg = text, rightarg = text, function = evil.differs)");
      statement.execute("set search_path = evil, pg_catalog");
      statement.execute("set bytea_output = 'escape'");
      statement.execute("set standard_conforming_strings = off");
      statement.execute("set session_replication_role = replica");
      connection.setAutoCommit(false);
      byte[] bytes = {0, 39, 92, -1};
      outbox.append(
          connection,
          EntityEvent.message(
              "a\"b'\\c", Row.of("id", Value.of("x'\\\"y")), Row.of("bytes", Value.of(bytes))));
      connection.commit();
      assertThat(events.take())
          .singleElement()
          .satisfies(
              event -> {
                assertThat(event.entity()).isEqualTo("a\"b'\\c");
                assertThat(event.key()).isEqualTo(Row.of("id", Value.of("x'\\\"y")));
                assertThat(event.newValue()).isEqualTo(Row.of("bytes", Value.of(bytes)));
              });
    }
  }

  @Test
  void what_an_appliers_transaction_appends_has_come_one_hop_further() throws Exception {
    try (CommittedEvents events = CommittedEvents.of(source);
        Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (String xid : List.of("pg_current_xact_id()", "1")) {
        statement.execute(
            "select set_config('millrace.origin', 'v1:' || " + xid + " || ':1:2:app', true)");
        outbox.append(connection, ITEMS.created(new Item(1, 1)));
        connection.commit();
      }
      outbox.append(connection, ITEMS.created(new Item(1, 1))); // the setting is '' from now on
      connection.commit();
      assertThat(events.take()).extracting(ChangeEvent::hops).containsExactly(3, 0, 0);
    }
  }

  /**
   * Else the events of a key whose transactions meet would stand in the log the other way round.
   */
  @Test
  void an_appends_id_is_drawn_after_the_lock_of_its_key() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (Connection first = database.connect();
        Connection second = database.connect()) {
      first.setAutoCommit(false);
      append(first, "1", "first");
      Future<?> waits =
          other.submit(
              () -> {
                append(second, "1", "second");
                return null;
              });
      long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (database.number(
                  "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                      + " and database = (select oid from pg_database where datname = current_database())")
              == 0
          && System.nanoTime() < deadline) {
        Thread.sleep(5);
      }
      assertThat(waits.isDone()).isFalse();
      try (Connection third = database.connect()) {
        append(third, "2", "of another key");
      }
      first.commit();
      waits.get(60, TimeUnit.SECONDS);
    } finally {
      other.shutdownNow();
    }
    assertThat(
            database.query(
                "select convert_from(event, 'UTF8') from millrace.change_log where op = 'E' order by id"))
        .hasToString("[[first], [of another key], [second]]");
  }

  private static void append(Connection connection, String id, String event) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("select millrace.append('thing', ?, convert_to(?, 'UTF8'))")) {
      statement.setString(1, id);
      statement.setString(2, event);
      statement.execute();
    }
  }

  @Test
  void an_installation_without_an_outbox_is_named_and_brought_up_to_date() throws Exception {
    database.execute(
        "insert into item values (1, 1)",
        "drop function millrace.append",
        "alter table millrace.change_log drop column event");
    assertThat(source.preflight()).extracting(Finding::code).contains("not-installed");
    assertThatThrownBy(() -> append(database, ITEMS.created(new Item(1, 1))))
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("install()");
    source.changeLog().install();
    assertThat(source.preflight()).isEmpty();
    try (CommittedEvents events = CommittedEvents.of(source)) {
      append(database, ITEMS.created(new Item(1, 1)));
      database.execute("update item set v = 2");
      assertThat(events.take()).hasSize(2);
    }
  }

  @Test
  void what_is_no_event_of_ours_stops_the_reader_and_is_named() throws Exception {
    try (CommittedEvents events = CommittedEvents.of(source)) {
      database.execute("select millrace.append('thing', '1', 'rubbish'::bytea)");
      assertThatThrownBy(events::take)
          .isInstanceOf(SourceException.class)
          .hasMessageContaining("of the change log was appended and cannot be read");
    }
  }

  @Test
  void a_consumer_gets_headers_and_messages_whatever_was_applied_before() throws Exception {
    InProcessTransport channel = InProcessTransport.builder().name("box").build();
    List<ChangeEvent> handled = new CopyOnWriteArrayList<>();
    try (Pipeline pipeline =
            Pipeline.builder("box-out")
                .from(source)
                .to(channel.publisher())
                .positions(JdbcPositions.in(database.dataSource()))
                .firstStart(FirstStart.NOW)
                .build();
        Applier applier =
            Applier.builder("box-in")
                .service("consumer")
                .from(channel.subscriber("box"))
                .to(
                    HandlerTarget.in(database.dataSource(), PostgresTarget.dialect())
                        .handle("thing", handled::add)
                        .handle("item", handled::add)
                        .build())
                .build()) {
      pipeline.start();
      applier.start();
      Item first = new Item(1, 1);
      Item second = new Item(1, 2);
      append(
          database,
          ITEMS.created(first).withHeader("traceparent", "00-4bf9-00f0-01"),
          ITEMS.message(first, java.util.Map.of("seen", true)),
          ITEMS.updated(first, second),
          ITEMS.message(second, java.util.Map.of("seen", false)));
      pipeline.flush();
      await(handled, 4);
      assertThat(handled)
          .extracting(ChangeEvent::type)
          .containsExactly(
              ChangeType.CREATED, ChangeType.MESSAGE, ChangeType.UPDATED, ChangeType.MESSAGE);
      assertThat(handled.get(0).headers()).containsEntry("traceparent", "00-4bf9-00f0-01");
      // The same once more, as after a crash: states are recognised, messages are not states.
      for (ChangeEvent event : List.copyOf(handled)) {
        channel
            .publisher()
            .publish(
                event.routingKey(),
                io.millrace.cdc.codec.ProtobufCodec.instance().encode(event),
                new Ignoring());
      }
      await(handled, 6);
      database.execute("insert into item values (9, 9)");
      pipeline.flush();
      await(handled, 7);
      assertThat(handled.subList(4, 6))
          .extracting(ChangeEvent::type)
          .containsOnly(ChangeType.MESSAGE);
      assertThat(handled.get(6).entity()).isEqualTo("item");
    }
  }

  private static final class Ignoring implements io.millrace.cdc.transport.PublishCallback {
    @Override
    public void acknowledged() {}

    @Override
    public void failed(io.millrace.cdc.error.TransportException error) {
      throw error;
    }
  }

  private static void await(List<ChangeEvent> handled, int count) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (handled.size() < count && System.nanoTime() < deadline) {
      Thread.sleep(10);
    }
    assertThat(handled).hasSizeGreaterThanOrEqualTo(count);
  }

  /** The reader sleeps for up to 30 s here: only a flush makes the event come sooner. */
  @Test
  void a_flush_wakes_the_reader_and_never_blocks() throws Exception {
    InProcessTransport channel = InProcessTransport.builder().name("flush").build();
    try (Pipeline pipeline =
        Pipeline.builder("flush-out")
            .from(source)
            .to(channel.publisher())
            .positions(JdbcPositions.in(database.dataSource()))
            .firstStart(FirstStart.NOW)
            .build()) {
      pipeline.flush(); // not started: does nothing
      pipeline.start();
      Thread.sleep(3000); // long enough to be asleep for seconds
      long acknowledged = pipeline.status().counters().acknowledged();
      append(database, ITEMS.created(new Item(1, 1)));
      pipeline.flush();
      long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (pipeline.status().counters().acknowledged() == acknowledged
          && System.nanoTime() < deadline) {
        Thread.sleep(1);
      }
      assertThat(pipeline.status().counters().acknowledged()).isEqualTo(acknowledged + 1);
    }
  }
}
