package io.millrace.examples.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ManualClock;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The ledger forgets deleted keys when nothing older can come, and not before. */
abstract class LedgerCleanupContract {
  private static final Duration RETENTION = Duration.ofSeconds(5);
  private static final Duration SEVERAL_ROUNDS = Duration.ofSeconds(3);
  private static final int PARTITIONS = 2;

  private final InProcessTransport channel =
      InProcessTransport.builder().name("shop").partitions(PARTITIONS).build();
  private final Publisher publisher = channel.publisher();

  /** Behind the servers' clock only by what the test says. */
  private final ManualClock clock = ManualClock.at(Clock.systemUTC().instant());

  private Database database;
  private Applier applier;
  private long counter;

  abstract SqlServer server();

  abstract JdbcTarget.Builder target(Database database);

  /** The ids that the ledger remembers, in order. */
  abstract List<String> remembered(Database database);

  @BeforeEach
  void start() {
    database = server().createDatabase("cleanup");
    database.execute("create table item (id bigint primary key, name varchar(10))");
    applier =
        Applier.builder("in")
            .service("billing")
            .from(channel.subscriber("billing"))
            .to(target(database).mirror("item", "item").build())
            .onRejected(Rejection.hold().parkAfter(Duration.ofDays(100)))
            .maxWait(Duration.ofMillis(50))
            .ledgerRetention(RETENTION)
            .clock(clock)
            .build();
    applier.start();
  }

  @AfterEach
  void close() {
    applier.close();
    database.drop();
  }

  @Test
  void a_deleted_key_is_forgotten_once_every_partition_has_shown_that_nothing_older_comes()
      throws Exception {
    send(created(1, 1, "one"));
    send(deleted(1, 2));
    send(created(2, 3, "two"));
    send(deleted(3, 9));
    caughtUp();
    assertThat(remembered(database)).containsExactly("1", "2", "3");
    clock.advance(Duration.ofHours(1));
    beat(5, 0);
    staysAt("1", "2", "3");
    beat(5, 1);
    await()
        .atMost(HealthRig.PATIENCE)
        .untilAsserted(() -> assertThat(remembered(database)).containsExactly("2", "3"));
    assertThat(applier.status().purged()).isEqualTo(1);
    beat(9, 0, 1);
    await()
        .atMost(HealthRig.PATIENCE)
        .untilAsserted(() -> assertThat(remembered(database)).containsExactly("2"));
    staysAt("2");
  }

  @Test
  void a_duplicate_that_comes_before_the_limit_is_still_known() throws Exception {
    send(created(1, 1, "one"));
    send(deleted(1, 2));
    beat(5, 0, 1);
    caughtUp();
    staysAt("1");
    send(created(1, 1, "one"));
    caughtUp();
    assertThat(applier.status().duplicates()).isEqualTo(1);
    assertThat(database.number("select count(*) from item")).isZero();
  }

  @Test
  void a_heartbeat_that_knows_of_nothing_acknowledged_frees_nothing() throws Exception {
    send(deleted(1, 2));
    clock.advance(Duration.ofHours(1));
    beat(0, 0, 1);
    caughtUp();
    staysAt("1");
  }

  @Test
  void a_key_with_held_events_stays() throws Exception {
    send(deleted(1, 2));
    send(deleted(2, 3));
    send(created(2, 4, "too long for its column"));
    await().atMost(HealthRig.PATIENCE).until(() -> applier.status().held() == 1);
    clock.advance(Duration.ofHours(1));
    beat(9, 0, 1);
    await()
        .atMost(HealthRig.PATIENCE)
        .untilAsserted(() -> assertThat(remembered(database)).containsExactly("2"));
    staysAt("2");
    assertThat(applier.status().held()).isEqualTo(1);
  }

  private void staysAt(String... ids) {
    await()
        .during(SEVERAL_ROUNDS)
        .atMost(HealthRig.PATIENCE)
        .until(() -> remembered(database).equals(List.of(ids)));
  }

  private void caughtUp() throws InterruptedException {
    assertThat(applier.awaitCaughtUp(HealthRig.PATIENCE)).as("%s", applier.status()).isTrue();
  }

  /** A heartbeat through these partitions; 0 as version: it says nothing of what was passed. */
  private void beat(long acknowledged, int... partitions) throws InterruptedException {
    List<String> keys = publisher.keysOfAllPartitions("beat");
    Optional<Heartbeat.Mark> mark =
        acknowledged == 0
            ? Optional.empty()
            : Optional.of(new Heartbeat.Mark(version(acknowledged), clock.instant()));
    Heartbeat heartbeat = new Heartbeat("shop-out", ++counter, clock.instant(), mark);
    for (int partition : partitions) {
      send(
          heartbeat.toEvent("shop", "shop-1", version(1_000 + counter)).toBuilder()
              .routingKey(keys.get(partition))
              .build());
    }
  }

  private void send(ChangeEvent event) throws InterruptedException {
    publisher.publish(
        event.routingKey(),
        ProtobufCodec.instance().encode(event),
        new PublishCallback() {
          @Override
          public void acknowledged() {}

          @Override
          public void failed(TransportException error) {
            throw error;
          }
        });
  }

  private ChangeEvent created(long id, long version, String name) {
    Row row = Row.builder().put("id", Value.of(id)).put("name", Value.of(name)).build();
    return event(id, version)
        .type(ChangeType.CREATED)
        .newValue(row)
        .changedFields(row.names().asList())
        .build();
  }

  private ChangeEvent deleted(long id, long version) {
    return event(id, version).type(ChangeType.DELETED).build();
  }

  private ChangeEvent.Builder event(long id, long version) {
    return ChangeEvent.builder()
        .entity("item")
        .key(Row.of("id", Value.of(id)))
        .source("shop")
        .log("shop-1")
        .changedAt(clock.instant())
        .version(version(version));
  }

  private static Version version(long number) {
    return Version.of(1, ByteBuffer.allocate(9).putLong(number).put((byte) 0).array());
  }
}
