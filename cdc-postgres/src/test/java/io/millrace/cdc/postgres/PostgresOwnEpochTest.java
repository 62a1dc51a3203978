package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A site that was put back and meets its own events from after the copy. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresOwnEpochTest {
  private final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(1).build();

  @Test
  void an_applier_that_starts_before_its_source_takes_lost_writes_back() throws Exception {
    try (PostgresServer server = PostgresServer.startDedicated()) {
      Database site = SyncRig.captured(server);
      site.execute("insert into item values (1, 1)");
      publish(site);
      applyAll(site);
      server.stop();
      Path copy = server.copyData();
      server.start();
      site.execute("update item set v = 2 where id = 1", "insert into item values (2, 1)");
      publish(site);
      server.stop();
      try (PostgresServer restored =
          PostgresServer.startDedicated(ServerOptions.defaults().withDataFrom(copy))) {
        Database again = restored.database(site.name());
        long before = again.number("select epoch from millrace.registration");
        applyAll(again);
        assertThat(SyncRig.rows(again)).isEqualTo(Map.of(1, 2, 2, 1));
        long risen = again.number("select epoch from millrace.registration");
        assertThat(risen).isGreaterThan(before);
        again.execute("update item set v = 3 where id = 2");
        assertThat(publish(again)).isEqualTo(risen);
        applyAll(again);
        assertThat(SyncRig.rows(again)).isEqualTo(Map.of(1, 2, 2, 3));
      }
    }
  }

  @Test
  void an_applier_that_may_not_raise_the_epoch_waits_for_the_source() throws Exception {
    Database site = SyncRig.captured(PostgresServer.shared());
    site.execute("insert into item values (1, 1)");
    publish(site);
    applyAll(site); // makes the ledger
    Database clerk =
        site.createUser(
            "clerk",
            "select, insert, update, delete on item",
            "usage on schema millrace",
            "select, insert, update, delete on millrace.ledger, millrace.applier_offset, millrace.held,"
                + " millrace.applier_heartbeat",
            "select on millrace.registration");
    applyAll(clerk); // the same server: nothing has to be raised
    site.execute("update millrace.registration set identity = identity || '0'");
    try (Applier applier = applier(clerk)) {
      applier.start();
      SyncRig.await(
          () -> applier.status().lastError().orElse("").contains("GRANT UPDATE"),
          () -> applier.status().toString());
      assertThat(applier.status().state()).isEqualTo(ApplierState.RETRYING);
      assertThat(applier.status().lastError().orElseThrow())
          .contains("last read on server", "Start the pipeline");
      site.execute(
          "update millrace.registration set identity = left(identity, length(identity) - 1)");
      assertThat(applier.awaitCaughtUp(Duration.ofSeconds(60))).isTrue();
    }
    site.drop();
  }

  private long publish(Database site) throws InterruptedException {
    try (Pipeline pipeline =
        Pipeline.builder("out")
            .from(SyncRig.source(site))
            .to(transport.publisher())
            .positions(JdbcPositions.in(site.dataSource()))
            .firstStart(FirstStart.OLDEST)
            .saveInterval(Duration.ofMillis(20))
            .build()) {
      pipeline.start();
      SyncRig.await(
          () ->
              pipeline.status().counters().acknowledged() > 0
                  && pipeline.status().inFlightEvents() == 0
                  && pipeline.status().lag().map(Duration::isZero).orElse(false),
          () -> pipeline.status().toString());
      return pipeline.status().epoch();
    }
  }

  private void applyAll(Database site) throws InterruptedException {
    try (Applier applier = applier(site)) {
      applier.start();
      assertThat(applier.awaitCaughtUp(Duration.ofSeconds(60))).as("%s", applier.status()).isTrue();
    }
  }

  private Applier applier(Database site) {
    return Applier.builder("in")
        .service("test")
        .from(transport.subscriber("site"))
        .to(
            PostgresTarget.builder(site.dataSource())
                .shared("item", "public.item", m -> m.columns("id", "v"))
                .build())
        .maxWait(Duration.ofMillis(20))
        .build();
  }
}
