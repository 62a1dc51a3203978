package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Two sites that write the same rows; the log of one of them is read from a replica of the server
 * that its applier writes to.
 */
abstract class ReplicaSharedContract {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int WRITES = 150;
  private static final int ROWS = 8;

  private final TestFlavour flavour;
  private final InProcessTransport channel =
      InProcessTransport.builder().name("shop").partitions(1).build();

  ReplicaSharedContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  private Pipeline pipeline(String site, MySqlSource source, Database database) {
    return BinlogOwnEpochContract.running("out-" + site, source, database, channel);
  }

  private Applier applier(String site, Database database) {
    Applier applier =
        Applier.builder("in-" + site)
            .service(site)
            .from(channel.subscriber(site))
            .to(
                MySqlTarget.builder(database.dataSource())
                    .shared("orders", "orders", mapping -> mapping.columns("id", "note"))
                    .build())
            .maxWait(Duration.ofMillis(20))
            .build();
    applier.start();
    return applier;
  }

  /** Changes one of a few rows, each time to what it never was before. */
  private static void write(Connection connection, Random random, String note) throws Exception {
    try (PreparedStatement write =
        connection.prepareStatement(
            "insert into orders values (?, ?) on duplicate key update note = values(note)")) {
      write.setInt(1, random.nextInt(ROWS));
      write.setString(2, note);
      write.executeUpdate();
    }
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
  void sites_end_equal_and_nothing_comes_back_where_a_replica_is_read() throws Exception {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    System.err.println("seed " + seed);
    Random random = new Random(seed);
    Replication replication = new Replication(flavour);
    try (SqlServer primary =
            flavour.dedicated(ServerOptions.defaults().with("log-slave-updates", "ON"));
        SqlServer replica = flavour.dedicated(Replication.options())) {
      replication.attach(replica, primary);
      Database here = primary.createDatabase("site");
      Database there = flavour.shared().createDatabase("site");
      for (Database site : new Database[] {here, there}) {
        site.execute("create table orders (id int primary key, note varchar(50))");
      }
      MySqlSource direct =
          TestFlavour.builder(here).service("here").capture(here.name() + ".orders").build();
      direct.registration().install();
      MySqlSource far =
          TestFlavour.builder(there).service("there").capture(there.name() + ".orders").build();
      far.registration().install();
      replication.awaitExecuted(replica, replication.executed(here));
      replica.admin().execute("set global read_only = ON");
      MySqlSource read =
          TestFlavour.builder(replica.database(here.name()))
              .service("here")
              .capture(here.name() + ".orders")
              .fallback(primary.host(), primary.port(), here.dataSource())
              .build();
      try (Pipeline out = pipeline("here", read, here);
          Pipeline back = pipeline("there", far, there);
          Applier in = applier("here", here);
          Applier other = applier("there", there);
          Connection writesHere = here.connect();
          Connection writesThere = there.connect()) {
        assertThat(read.readFrom()).contains(replica.host() + ":" + replica.port());
        for (int i = 0; i < WRITES; i++) {
          write(writesHere, random, "here " + i);
          write(writesThere, random, "there " + i);
        }
        awaitPublished(out, WRITES);
        awaitPublished(back, WRITES);
        assertThat(in.awaitCaughtUp(LIMIT)).describedAs("%s", in.status()).isTrue();
        assertThat(other.awaitCaughtUp(LIMIT)).describedAs("%s", other.status()).isTrue();
        String rows = "select id, note from orders order by id";
        assertThat(here.query(rows)).hasSize(ROWS).isEqualTo(there.query(rows));
        here.execute("insert into orders values (" + ROWS + ", 'last here')");
        there.execute("insert into orders values (" + (ROWS + 1) + ", 'last there')");
        awaitPublished(out, WRITES + 1);
        awaitPublished(back, WRITES + 1);
        assertThat(in.awaitCaughtUp(LIMIT)).isTrue();
        assertThat(other.awaitCaughtUp(LIMIT)).isTrue();
        assertThat(here.query(rows)).hasSize(ROWS + 2).isEqualTo(there.query(rows));
        // An echo would have come before the last row's event.
        assertThat(out.status().counters().acknowledged()).isEqualTo(WRITES + 1);
        assertThat(back.status().counters().acknowledged()).isEqualTo(WRITES + 1);
      }
    }
  }
}
