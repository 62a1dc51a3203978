package io.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Keys change in a real source. At the target the rows keep a column that only the target has, and
 * the rows that refer to them, whichever of the two events comes first; and what the applier does
 * there comes out of the target's own pipeline as nothing.
 */
final class KeyChangeTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mysql postgres as they are",
        "mysql postgres swapped",
        "mysql mysql swapped",
        "mariadb mysql as they are",
        "postgres mariadb swapped"
      })
  void rows_keep_what_only_the_target_knows(String kinds) throws Exception {
    String[] kind = kinds.split(" ", 3);
    Database source = Sites.database(kind[0], "moves");
    Database target = Sites.database(kind[1], "moved");
    source.execute("create table thing (id bigint primary key, value int)");
    target.execute(
        "create table thing (id bigint primary key, value int, own varchar(20))",
        "create table follower (id bigint primary key, thing_id bigint not null, foreign key (thing_id) references thing (id) on update cascade)",
        "create table stayer (id bigint primary key, thing_id bigint not null, foreign key (thing_id) references thing (id))");
    InProcessTransport there = InProcessTransport.builder().name("there").partitions(4).build();
    InProcessTransport back = InProcessTransport.builder().name("back").partitions(1).build();
    Publisher publisher = there.publisher();
    try (Pipeline out =
            pipeline(
                source,
                "source",
                kind[2].equals("swapped") ? new SwappingPublisher(publisher) : publisher);
        Pipeline echoes = pipeline(target, "target", back.publisher());
        Applier applier =
            Applier.builder("in")
                .service("target")
                .from(there.subscriber("target"))
                .to(
                    Sites.target(target)
                        .mirror("thing", "thing", m -> m.columns("id", "value"))
                        .build())
                .maxWait(Duration.ofMillis(10))
                .onRejected(Rejection.hold().retryEvery(Duration.ofMillis(50)))
                .build()) {
      start(out);
      start(echoes);
      applier.start();
      source.execute("insert into thing values (1, 10), (2, 20), (3, 30), (5, 50)");
      await(() -> target.number("select count(*) from thing") == 4);
      target.execute(
          "update thing set own = concat('own', id)",
          "insert into follower values (1, 1), (3, 3)",
          "insert into stayer values (1, 1), (5, 5)");
      change(source);
      await(
          () ->
              target
                  .query("select id, value, own from thing order by id")
                  .toString()
                  .equals(
                      "[[1, 21, own2], [2, 11, own1], [5, 51, null], [6, 50, own5], [70, 31, own3]]"));
      await(() -> applier.status().held() == 0);
      assertThat(target.query("select id, thing_id from follower order by id"))
          .hasToString("[[1, 2], [3, 70]]");
      assertThat(target.query("select id, thing_id from stayer order by id"))
          .hasToString("[[1, 2], [5, 6]]");
      ApplierStatus status = applier.status();
      assertThat(status.duplicates()).as("%s", status).isZero();
      target.execute("insert into thing values (100, 0, 'marker')");
      await(() -> ids(Sites.changes(back)).contains("100"));
      // The test's own column was set, and the marker written; nothing else is the target's own.
      assertThat(ids(Sites.changes(back))).containsExactlyInAnyOrder("1", "2", "3", "5", "100");
      whole(Sites.changes(there));
    }
  }

  private static void change(Database source) {
    source.execute("update thing set id = 9, value = 11 where id = 1");
    source.execute("update thing set id = 1, value = 21 where id = 2");
    source.execute("update thing set id = 2 where id = 9");
    source.execute("update thing set id = 6 where id = 5");
    source.execute("insert into thing values (5, 51)");
    source.execute("update thing set id = 7 where id = 3");
    source.execute("update thing set id = 70, value = 31 where id = 7");
  }

  /** Both events of each key change name the other key and carry whole state. */
  private static void whole(List<ChangeEvent> events) {
    List<ChangeEvent> left = events.stream().filter(e -> e.type() == ChangeType.DELETED).toList();
    assertThat(left).hasSize(6);
    for (ChangeEvent deleted : left) {
      List<ChangeEvent> arrived =
          events.stream()
              .filter(e -> e.type() == ChangeType.CREATED)
              .filter(e -> deleted.key().equals(e.previousKey()))
              .filter(e -> deleted.transactionId().equals(e.transactionId()))
              .toList();
      assertThat(arrived).hasSize(1);
      ChangeEvent created = arrived.get(0);
      assertThat(deleted.previousKey()).isEqualTo(created.key());
      assertThat(names(deleted.oldValue())).containsExactly("id", "value");
      assertThat(names(created.newValue())).containsExactly("id", "value");
      assertThat(created.version()).isGreaterThan(deleted.version());
    }
  }

  private static List<String> names(Row row) {
    return row.names().asList();
  }

  private static List<String> ids(List<ChangeEvent> events) {
    return events.stream().map(ChangeEvent::id).toList();
  }

  private static Pipeline pipeline(Database database, String service, Publisher publisher) {
    return Pipeline.builder(service + "-out")
        .from(Sites.source(database, service, "thing"))
        .to(publisher)
        .positions(JdbcPositions.in(database.dataSource()))
        .firstStart(FirstStart.NOW)
        .build();
  }

  private static void start(Pipeline pipeline) {
    pipeline.start();
    await(() -> pipeline.status().state() == PipelineState.RUNNING);
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(LIMIT).until(condition);
  }
}
