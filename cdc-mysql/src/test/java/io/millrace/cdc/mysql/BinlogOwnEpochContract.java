package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A site of a shared entity that is restored, and whose applier is there before its source. */
abstract class BinlogOwnEpochContract {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final TestFlavour flavour;
  private final InProcessTransport channel =
      InProcessTransport.builder().name("shop").partitions(1).build();

  BinlogOwnEpochContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  private static MySqlSource source(Database database) {
    return TestFlavour.builder(database)
        .capture(database.name() + ".item", table -> table.entity("item"))
        .build();
  }

  private Pipeline pipeline(Database database) {
    return running("out", source(database), database, channel);
  }

  /** A pipeline that has started to read, from now on. */
  static Pipeline running(
      String name, MySqlSource source, Database database, InProcessTransport channel) {
    Pipeline pipeline =
        Pipeline.builder(name)
            .from(source)
            .to(channel.publisher())
            .positions(JdbcPositions.in(database.dataSource()))
            .firstStart(FirstStart.NOW)
            .build();
    pipeline.start();
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(pipeline.status().state())
                    .describedAs("%s", pipeline.status())
                    .isEqualTo(PipelineState.RUNNING));
    return pipeline;
  }

  private Applier applier(Database database) {
    Applier applier =
        Applier.builder("in")
            .service("shop")
            .from(channel.subscriber("shop"))
            .to(
                MySqlTarget.builder(database.dataSource())
                    .shared("item", "item", mapping -> mapping.columns("id", "note"))
                    .build())
            .maxWait(Duration.ofMillis(20))
            .build();
    applier.start();
    return applier;
  }

  private static void awaitPublished(Pipeline pipeline, long events) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(pipeline.status().counters().acknowledged())
                    .describedAs("%s", pipeline.status())
                    .isGreaterThanOrEqualTo(events));
  }

  @Test
  void a_restored_site_takes_back_its_lost_writes_though_its_applier_comes_first()
      throws Exception {
    try (SqlServer server = flavour.dedicated(ServerOptions.defaults())) {
      Database database = server.createDatabase("site");
      database.execute("create table item (id int primary key, note varchar(50))");
      source(database).registration().install();
      try (Pipeline pipeline = pipeline(database);
          Applier applier = applier(database)) {
        database.execute("insert into item values (1, 'old'), (2, 'old')");
        awaitPublished(pipeline, 2);
        assertThat(applier.awaitCaughtUp(LIMIT)).isTrue();
      }
      server.stop();
      Path backup = server.copyData();
      server.start();
      try (Pipeline pipeline = pipeline(database);
          Applier applier = applier(database)) {
        database.execute(
            "update item set note = 'newer' where id = 1", "insert into item values (3, 'newer')");
        awaitPublished(pipeline, 2);
        assertThat(applier.awaitCaughtUp(LIMIT)).isTrue();
        assertThat(database.value("select group_concat(note order by id) from item"))
            .isEqualTo("newer,old,newer");
      }
      server.close();
      try (SqlServer again = flavour.dedicated(ServerOptions.defaults().withDataFrom(backup))) {
        Database restored = again.database(database.name());
        try (Applier applier = applier(restored)) {
          assertThat(applier.awaitCaughtUp(LIMIT)).describedAs("%s", applier.status()).isTrue();
          assertThat(restored.value("select group_concat(note order by id) from item"))
              .isEqualTo("newer,old,newer");
          try (Pipeline pipeline = pipeline(restored)) {
            restored.execute("update item set note = 'newest' where id in (1, 3)");
            awaitPublished(pipeline, 2);
            assertThat(applier.awaitCaughtUp(LIMIT)).isTrue();
            assertThat(restored.value("select group_concat(note order by id) from item"))
                .isEqualTo("newest,old,newest");
            assertThat(applier.status().duplicates()).isZero();
          }
        }
      }
    }
  }
}
