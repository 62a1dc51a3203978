package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Two captured databases with the same tables; what is written in the first goes through a real
 * applier into the second, whose reader then tells what it takes for changes.
 */
final class AppliedRig implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(1).build();
  private final Publisher publisher = transport.publisher();
  private final SourceReader out;
  private final String[] tables;
  private @Nullable SourceReader back;
  private final Applier applier;
  final Database origin;
  final Database target;
  private int echoes;

  /** Tables are named as the catalog has them, and are entities by the same name. */
  AppliedRig(EntityMode mode, List<String> ddl, String... tables) {
    this(mode, ddl, Database::dataSource, tables);
    capture();
  }

  /**
   * The same, but the second database's tables are not captured before {@link #capture}.
   *
   * @param connections of the applier to the second database
   */
  AppliedRig(
      EntityMode mode,
      List<String> ddl,
      Function<Database, DataSource> connections,
      String... tables) {
    this.tables = tables;
    origin = PostgresServer.shared().createDatabase("origin");
    target = PostgresServer.shared().createDatabase("target");
    ddl.forEach(origin::execute);
    ddl.forEach(target::execute);
    out = SourceFixture.openNow(SourceFixture.install(origin, tables));
    if (mode == EntityMode.SHARED) {
      // Its applier asks for the log's name.
      target.execute("create table unrelated (id int primary key)");
      SourceFixture.install(target, "unrelated");
    }
    JdbcTarget.Builder rows = PostgresTarget.builder(connections.apply(target));
    for (String table : tables) {
      String name = "public." + Sql.identifier(table);
      if (mode == EntityMode.SHARED) {
        String[] columns = columns(table);
        rows.shared(table, name, mapping -> mapping.columns(columns));
      } else {
        rows.mirror(table, name);
      }
    }
    applier =
        Applier.builder("in")
            .service("other")
            .from(transport.subscriber("other"))
            .to(rows.build())
            .onRejected(Rejection.hold().retryEvery(Duration.ofMillis(50)))
            .maxWait(Duration.ofMillis(20))
            .build();
  }

  /** From now on the second database's tables are captured. */
  void capture() {
    back = SourceFixture.openNow(SourceFixture.install(target, tables));
  }

  /** Ends the applier; its connections go back to where they came from. */
  void closeApplier() {
    applier.close();
  }

  private String[] columns(String table) {
    String sql =
        "select column_name from information_schema.columns where table_schema = 'public' and table_name = ?";
    return target.query(sql, table).stream()
        .map(row -> String.valueOf(row.get(0)))
        .toArray(String[]::new);
  }

  /** So many changes that were made in the first database. */
  List<ChangeEvent> made(int changes) throws InterruptedException {
    return SourceFixture.read(out, changes);
  }

  /** Puts events on the channel. */
  void publish(List<ChangeEvent> events) throws InterruptedException {
    for (ChangeEvent event : events) {
      publisher.publish(event.routingKey(), ProtobufCodec.instance().encode(event), new Failing());
    }
  }

  /** Runs statements in the first database, and applies the changes they made as one batch. */
  void apply(int changes, String... statements) throws InterruptedException {
    origin.execute(statements);
    publish(made(changes));
    awaitApplied();
  }

  /** Waits until everything is applied, what was held too. */
  void awaitApplied() throws InterruptedException {
    if (applier.status().state() == ApplierState.NEW) {
      applier.start();
    }
    assertThat(applier.awaitCaughtUp(LIMIT)).describedAs("%s", applier.status()).isTrue();
    await(rig -> rig.applier.held().isEmpty());
  }

  /** Waits until an event is held. */
  void awaitHeld() throws InterruptedException {
    applier.start();
    await(rig -> !rig.applier.held().isEmpty());
  }

  /** Starts the applier. */
  void start() {
    applier.start();
  }

  private void await(Predicate<AppliedRig> condition) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.test(this)) {
      assertThat(System.nanoTime()).describedAs("%s", applier.status()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  /** What the second database's reader takes for changes. */
  List<String> published() throws InterruptedException {
    List<SourceBatch> batches = SourceFixture.drain(Objects.requireNonNull(back));
    echoes = batches.stream().mapToInt(SourceBatch::echoes).sum();
    return SourceFixture.events(batches).stream()
        .map(e -> e.type() + " " + e.entity() + " " + e.id() + " " + e.hops())
        .toList();
  }

  /** How many changes the last look left out. */
  int echoes() {
    return echoes;
  }

  /** Both databases hold the same rows of a table. */
  void assertSame(String table, String order) {
    String sql = "select * from " + Sql.identifier(table) + " order by " + order;
    assertThat(target.query(sql)).usingRecursiveComparison().isEqualTo(origin.query(sql));
  }

  @Override
  public void close() {
    applier.close();
    publisher.close();
    out.close();
    if (back != null) {
      back.close();
    }
    origin.drop();
    target.drop();
  }

  private static final class Failing implements PublishCallback {
    @Override
    public void acknowledged() {}

    @Override
    public void failed(TransportException error) {
      throw error;
    }
  }
}
