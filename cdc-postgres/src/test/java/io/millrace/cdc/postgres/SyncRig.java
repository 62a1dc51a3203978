package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.pipeline.LostPosition;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One table {@code item} that a real pipeline and a real applier mirror into a database of their
 * own, while the test does to the captured server what it likes.
 */
final class SyncRig implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(2).build();
  private final Supplier<PositionStore> positions;
  private final Applier applier;
  final Database target = PostgresServer.shared().createDatabase("mirrored");

  /** Positions are kept in a directory. */
  SyncRig(Path directory) {
    this(() -> FilePositions.in(directory));
  }

  SyncRig(Supplier<PositionStore> positions) {
    this.positions = positions;
    target.execute("create table item (id int primary key, v int)");
    applier =
        Applier.builder("in")
            .service("other")
            .from(transport.subscriber("other"))
            .to(
                PostgresTarget.builder(target.dataSource())
                    .mirror("item", "public.item", m -> m.columns("id", "v"))
                    .build())
            .maxWait(Duration.ofMillis(20))
            .build();
    applier.start();
  }

  /** The captured table with its change log, in a new database. */
  static Database captured(PostgresServer server) {
    Database database = server.createDatabase("captured");
    database.execute("create table item (id int primary key, v int)");
    source(database).changeLog().install();
    withoutHeartbeats(database);
    return database;
  }

  /** A heartbeat is a row of the log, and the tests count rows. */
  static void withoutHeartbeats(Database database) {
    database.execute("drop function millrace.beat(text, bigint, bigint, text, bigint)");
  }

  static PostgresSource source(Database database) {
    return PostgresSource.builder(database.dataSource())
        .service("test")
        .capture("public.item", t -> t.entity("item"))
        .build();
  }

  /** A pipeline that runs. */
  Pipeline start(Database database, LostPosition policy) {
    Pipeline pipeline =
        Pipeline.builder("out")
            .from(source(database))
            .to(transport.publisher())
            .positions(positions.get())
            .firstStart(FirstStart.OLDEST)
            .lostPosition(policy)
            .heartbeatInterval(Duration.ofHours(1))
            .healthLimit(Duration.ofHours(2))
            .leaseDuration(Duration.ofSeconds(3))
            .saveInterval(Duration.ofMillis(20))
            .retryBackoff(Duration.ofMillis(50), Duration.ofSeconds(1))
            .build();
    pipeline.start();
    return pipeline;
  }

  Pipeline start(Database database) {
    return start(database, LostPosition.STOP);
  }

  /** Runs a pipeline until the target has what the table holds; its position is saved then. */
  long sync(Database database) throws InterruptedException {
    try (Pipeline pipeline = start(database)) {
      awaitSame(pipeline, database);
      return pipeline.status().epoch();
    }
  }

  /** Runs a pipeline that must fail, and gives its message. */
  String failure(Database database) throws InterruptedException {
    try (Pipeline pipeline = start(database)) {
      await(
          () -> pipeline.status().state() == PipelineState.FAILED,
          () -> pipeline.status().toString());
      return pipeline.status().lastError().orElseThrow();
    }
  }

  void awaitSame(Pipeline pipeline, Database database) throws InterruptedException {
    awaitTarget(pipeline, rows(database));
  }

  /** Waits until the target holds these rows and no others. */
  void awaitTarget(Pipeline pipeline, Map<Integer, Integer> expected) throws InterruptedException {
    await(
        () -> rows(target).equals(expected),
        () ->
            "expected %s, found %s; %s; %s"
                .formatted(expected, rows(target), pipeline.status(), applier.status()));
  }

  static Map<Integer, Integer> rows(Database database) {
    Map<Integer, Integer> rows = new TreeMap<>();
    for (List<?> row : database.query("select id, v from item")) {
      rows.put((Integer) row.get(0), (Integer) row.get(1));
    }
    return rows;
  }

  static void await(BooleanSupplier condition, Supplier<String> state) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(state.get()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  @Override
  public void close() {
    applier.close();
    target.drop();
  }
}
