package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.pipeline.LostPosition;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.core.ConditionFactory;

/**
 * One way from a captured server, through pipeline and applier, into a database on another server.
 * The captured server is made to die, forget and come back as another; the way stays the same.
 */
final class ForeignRig implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String TABLE =
      "create table orders (id int primary key, note varchar(50) not null)";

  private final TestFlavour flavour;
  private final Path directory;
  private final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(1).build();
  private final Database target;
  private final Applier applier;
  private final List<SqlServer> servers = new ArrayList<>();
  private Pipeline pipeline;
  private Publisher publisher;

  /** The database that is captured now. */
  Database source;

  /** Where positions are kept: in the captured database, else in files beside it. */
  boolean positionsInSource;

  ForeignRig(TestFlavour flavour, Path directory) {
    this.flavour = flavour;
    this.directory = directory;
    this.target = flavour.shared().createDatabase("target");
    target.execute(TABLE);
    source = start(ServerOptions.defaults()).createDatabase("origin");
    source.execute(TABLE);
    mySqlSource().registration().install();
    applier =
        Applier.builder("in")
            .service("other")
            .from(transport.subscriber("other"))
            .to(MySqlTarget.builder(target.dataSource()).mirror("order", "orders").build())
            .maxWait(Duration.ofMillis(20))
            .build();
    applier.start();
  }

  /** Looks often: there are many things to wait for, and each is there at once. */
  private static ConditionFactory soon() {
    return await().atMost(LIMIT).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10));
  }

  /** One more server; it goes with the rig. */
  SqlServer start(ServerOptions options) {
    SqlServer server = flavour.dedicated(options);
    servers.add(server);
    return server;
  }

  /** The captured database on another server from now on. */
  void switchTo(SqlServer server) {
    source = server.database(source.name());
  }

  MySqlSource mySqlSource() {
    return TestFlavour.builder(source)
        .capture(source.name() + ".orders", table -> table.entity("order"))
        .build();
  }

  /** Starts the pipeline on what is captured now. */
  Pipeline run(LostPosition policy) {
    closePipeline();
    PositionStore positions =
        positionsInSource ? JdbcPositions.in(source.dataSource()) : FilePositions.in(directory);
    publisher = transport.publisher();
    pipeline =
        Pipeline.builder("out")
            .from(mySqlSource())
            .to(publisher)
            .positions(positions)
            .firstStart(FirstStart.NOW)
            .lostPosition(policy)
            .saveInterval(Duration.ofMillis(50))
            .leaseDuration(Duration.ofSeconds(3))
            .retryBackoff(Duration.ofMillis(50), Duration.ofMillis(500))
            .build();
    pipeline.start();
    return pipeline;
  }

  /** Starts the pipeline, and waits until it reads. */
  void running(LostPosition policy) {
    Pipeline started = run(policy);
    soon()
        .untilAsserted(
            () ->
                assertThat(started.status().state())
                    .describedAs("%s", started.status())
                    .isIn(PipelineState.RUNNING, PipelineState.FAILED));
    assertThat(started.status().state())
        .describedAs("%s", started.status())
        .isEqualTo(PipelineState.RUNNING);
  }

  /** Waits until the pipeline has stopped by itself, and says why. */
  String failure() {
    soon()
        .untilAsserted(
            () ->
                assertThat(pipeline.status().state())
                    .describedAs("%s", pipeline.status())
                    .isEqualTo(PipelineState.FAILED));
    return pipeline.status().lastError().orElseThrow();
  }

  /** Starts the pipeline, and waits until it has stopped by itself; what it says. */
  String refused() {
    run(LostPosition.STOP);
    return failure();
  }

  /** What went wrong last, empty where nothing did. */
  String lastError() {
    return pipeline.status().lastError().orElse("");
  }

  long epoch() {
    return pipeline.status().epoch();
  }

  /** Events that the pipeline has published since its start. */
  long published() {
    return pipeline.status().counters().published();
  }

  /** Events that the applier dropped because it knew them, or something later. */
  long dropped() {
    return applier.status().duplicates();
  }

  /** Ends the pipeline in order: what is read is acknowledged and saved. */
  void closePipeline() {
    if (pipeline != null) {
      pipeline.close();
      publisher.close();
    }
  }

  /** Writes rows: those that are there get the note. */
  void write(String note, int... ids) {
    for (int id : ids) {
      source.update("replace into orders values (?, ?)", id, note);
    }
  }

  /** Waits until the target says of these rows what the source says. */
  void awaitArrived(int... ids) {
    for (int id : ids) {
      String sql = "select note from orders where id = " + id;
      soon()
          .untilAsserted(
              () ->
                  assertThat(target.query(sql))
                      .describedAs("row %s; %s; %s", id, pipeline.status(), applier.status())
                      .isEqualTo(source.query(sql)));
    }
  }

  /** Every kind of change to rows that had changes before, and to new ones, arrives. */
  void assertGoesOn(String note) {
    write(note, 1, 2, 1001);
    source.execute("delete from orders where id = 2", "delete from orders where id = 3");
    write(note + " again", 3);
    awaitArrived(1, 2, 3, 1001);
  }

  /** What the target holds. */
  List<List<Object>> applied() {
    return target.query("select id, note from orders order by id");
  }

  @Override
  public void close() {
    closePipeline();
    applier.close();
    servers.forEach(SqlServer::close);
    target.drop();
  }
}
