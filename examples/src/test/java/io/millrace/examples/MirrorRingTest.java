package io.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.pipeline.PipelineStatus;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.position.UnpublishedKey;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A misconfiguration: two sites mirror each other's tables over a channel per direction. Applied
 * rows are known for echoes, so it takes triggers that answer each other to make a change
 * circulate; then the hop limit ends it. Rows with ids below 10 are answered, others are not.
 */
final class MirrorRingTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int HOPS = 4;
  private static final int ANSWERED = 1;

  @ParameterizedTest
  @ValueSource(strings = {"postgres postgres", "postgres mariadb", "mysql postgres"})
  void a_change_that_circulates_is_held_at_the_hop_limit_and_other_keys_go_on(String kinds)
      throws Exception {
    try (Ring ring = new Ring(kinds.split(" ", -1))) {
      Site first = ring.first;
      Site second = ring.second;
      first.answers("ping", "pong");
      second.answers("pong", "ping");
      ring.start();
      first.insert("ping", ANSWERED);
      await(() -> first.status().heldKeys() + second.status().heldKeys() > 0);
      // The trigger of the first site made it at hops 0, 2 and 4.
      List<UnpublishedKey> held = first.pipeline.held();
      assertThat(held).hasSize(1);
      assertThat(held.get(0).routingKey()).isEqualTo("pong/1");
      assertThat(held.get(0).error())
          .contains("pong/1", "from " + first.name, "passed 4 sites", "hopLimit is 4");
      assertThat(first.status().healthy()).isFalse();
      assertThat(first.status().state()).isEqualTo(PipelineState.RUNNING);
      assertThat(second.status().heldKeys()).isZero();
      ring.goesRound(100);
      List<ChangeEvent> before = ring.changes();
      ring.goesRound(200);
      assertThat(ring.changes()).as("beside what was just written").hasSize(before.size() + 2);
      assertThat(before).allMatch(event -> event.hops() < HOPS);
      // ping and pong at hops 0, then an answer for each further hop below the limit; the two rows.
      assertThat(before).hasSize(2 + (HOPS - 1) + 2);
      second.silence("pong");
      assertThat(first.pipeline.replay("pong/1")).isTrue();
      ring.goesRound(300);
      await(() -> first.rows("pong").equals(second.rows("pong")));
      assertThat(first.rows("pong")).isNotEmpty();
      assertThat(first.status().heldEvents()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgres postgres", "postgres mariadb", "mysql postgres"})
  void without_triggers_nothing_circulates(String kinds) throws Exception {
    try (Ring ring = new Ring(kinds.split(" ", -1))) {
      ring.start();
      ring.first.insert("ping", ANSWERED);
      ring.second.insert("pong", ANSWERED);
      ring.goesRound(100);
      ring.goesRound(200);
      assertThat(ring.changes()).hasSize(6).allMatch(event -> event.hops() == 0);
      assertThat(ring.first.status().heldKeys() + ring.second.status().heldKeys()).isZero();
      assertThat(ring.first.rows("pong")).isEqualTo(ring.second.rows("pong"));
    }
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(LIMIT).until(condition);
  }

  private static final class Ring implements AutoCloseable {
    private final InProcessTransport there =
        InProcessTransport.builder().name("there").partitions(1).build();
    private final InProcessTransport back =
        InProcessTransport.builder().name("back").partitions(1).build();
    private final Site first;
    private final Site second;

    Ring(String[] kinds) {
      first = new Site(kinds[0] + "0", Sites.database(kinds[0], "ring"), there, back);
      second = new Site(kinds[1] + "1", Sites.database(kinds[1], "ring"), back, there);
    }

    void start() {
      first.start();
      second.start();
    }

    /** A row of each site arrives at the other: whatever was published before has been applied. */
    void goesRound(int id) {
      first.insert("ping", id);
      second.insert("ping", id + 1);
      await(() -> second.has("ping", id) && first.has("ping", id + 1));
    }

    List<ChangeEvent> changes() throws InterruptedException {
      List<ChangeEvent> changes = new ArrayList<>(Sites.changes(there));
      changes.addAll(Sites.changes(back));
      return changes;
    }

    @Override
    public void close() {
      first.close();
      second.close();
    }
  }

  private static final class Site implements AutoCloseable {
    private final String name;
    private final Database database;
    private final Pipeline pipeline;
    private final Applier applier;

    Site(String name, Database database, InProcessTransport to, InProcessTransport from) {
      this.name = name;
      this.database = database;
      database.execute(
          "create table ping (id int primary key, n int)",
          "create table pong (id int primary key, n int)");
      pipeline =
          Pipeline.builder(name + "-out")
              .from(Sites.source(database, name, "ping", "pong"))
              .to(to.publisher())
              .positions(JdbcPositions.in(database.dataSource()))
              .firstStart(FirstStart.NOW)
              .hopLimit(HOPS)
              .build();
      applier =
          Applier.builder(name + "-in")
              .service(name)
              .from(from.subscriber(name))
              .to(Sites.target(database).mirror("ping", "ping").mirror("pong", "pong").build())
              .maxWait(Duration.ofMillis(20))
              .build();
    }

    void start() {
      pipeline.start();
      await(() -> pipeline.status().state() == PipelineState.RUNNING);
      applier.start();
    }

    PipelineStatus status() {
      return pipeline.status();
    }

    /** A row of the one table makes, or changes, a row of the other. */
    void answers(String table, String other) {
      String condition =
          "if new.id < 10 then insert into " + other + " values (new.id, new.n + 1) ";
      if (Sites.isPostgres(database)) {
        database.execute(
            "create function answer() returns trigger language plpgsql as $$ begin "
                + condition
                + "on conflict (id) do update set n = excluded.n; end if; return null; end $$",
            "create trigger zz_answer after insert or update on "
                + table
                + " for each row execute function answer()");
      } else {
        for (String moment : List.of("insert", "update")) {
          database.execute(
              "create trigger answer_%s after %s on %s for each row begin %s on duplicate key update n = new.n + 1; end if; end"
                  .formatted(moment, moment, table, condition));
        }
      }
    }

    void silence(String table) {
      if (Sites.isPostgres(database)) {
        database.execute("drop trigger zz_answer on " + table);
      } else {
        database.execute("drop trigger answer_insert", "drop trigger answer_update");
      }
    }

    void insert(String table, int id) {
      database.update("insert into " + table + " values (?, 0)", id);
    }

    boolean has(String table, int id) {
      return database.number("select count(*) from " + table + " where id = " + id) == 1;
    }

    List<?> rows(String table) {
      return database.query("select id, n from " + table + " order by id");
    }

    @Override
    public void close() {
      pipeline.close();
      applier.close();
    }
  }
}
