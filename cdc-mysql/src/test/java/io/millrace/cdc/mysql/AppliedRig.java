package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
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
  private final Reading out;
  private final String[] captured;
  private @Nullable Reading back;
  private final Applier applier;
  final Database origin;
  final Database target;
  private int echoes;

  /** Tables are named as the catalog has them, and are entities by the same name. */
  AppliedRig(TestFlavour flavour, EntityMode mode, List<String> ddl, String... tables) {
    this(flavour, mode, true, ddl, tables);
  }

  /**
   * The same.
   *
   * @param now whether the second database is captured at once, else by {@link #capture}
   */
  AppliedRig(
      TestFlavour flavour, EntityMode mode, boolean now, List<String> ddl, String... tables) {
    origin = flavour.shared().createDatabase("origin");
    target = flavour.shared().createDatabase("target");
    ddl.forEach(origin::execute);
    ddl.forEach(target::execute);
    target.execute("create table fence (id int auto_increment primary key)");
    out = Reading.start(source(origin, tables));
    captured = java.util.Arrays.copyOf(tables, tables.length + 1);
    captured[tables.length] = "fence";
    if (now) {
      back = Reading.start(source(target, captured));
    } else if (mode == EntityMode.SHARED) {
      source(target, "fence"); // its applier asks for the log's name
    }
    JdbcTarget.Builder rows = MySqlTarget.builder(target.dataSource());
    for (String table : tables) {
      String name = "`" + table.replace("`", "``") + "`";
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

  private static MySqlSource source(Database database, String... tables) {
    MySqlSource.Builder builder = TestFlavour.builder(database);
    for (String table : tables) {
      builder.capture(database.name() + "." + table);
    }
    MySqlSource source = builder.build();
    source.registration().install();
    return source;
  }

  /** Captures the second database's tables, from the oldest change that its log holds. */
  void capture() {
    back = Reading.oldest(source(target, captured));
  }

  private String[] columns(String table) {
    String sql =
        "select column_name from information_schema.columns where table_schema = database() and table_name = ?";
    return target.query(sql, table).stream()
        .map(row -> String.valueOf(row.get(0)))
        .toArray(String[]::new);
  }

  /** So many changes that were made in the first database. */
  List<ChangeEvent> made(int changes) throws InterruptedException {
    return out.read(changes);
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

  /** What the second database's reader takes for changes, up to now. */
  List<String> published() throws InterruptedException {
    Reading back = Objects.requireNonNull(this.back);
    int before = back.echoes();
    target.execute("insert into fence values (null)");
    List<String> told = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      for (ChangeEvent event : back.poll()) {
        if (event.entity().equals("fence")) {
          echoes = back.echoes() - before;
          return told;
        }
        told.add(event.type() + " " + event.entity() + " " + event.id() + " " + event.hops());
      }
    }
    throw new AssertionError("the fence did not come, only " + told);
  }

  /** How many changes the last look left out. */
  int echoes() {
    return echoes;
  }

  /** Both databases hold the same rows of a table. */
  void assertSame(String table, String order) {
    String sql = "select * from `" + table.replace("`", "``") + "` order by " + order;
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
