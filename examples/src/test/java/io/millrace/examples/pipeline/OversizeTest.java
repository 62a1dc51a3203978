package io.millrace.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.pipeline.Unpublishable;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One row that is larger than the topic takes, between real servers. */
@NeedsServer({ServerKind.POSTGRES, ServerKind.KAFKA})
class OversizeTest {
  private final KafkaServer kafka = KafkaServer.shared();
  private final String topic = kafka.uniqueName("oversize");
  private final Database database = PostgresServer.shared().createDatabase("oversize");
  private Pipeline running;

  @AfterEach
  void close() {
    if (running != null) {
      running.close();
    }
  }

  @Test
  void one_oversize_event_holds_its_key_over_restarts_until_the_topic_takes_it() throws Exception {
    kafka.createTopic(topic, 2, Map.of("max.message.bytes", "20000"));
    database.execute("create table orders (id int primary key, note text)");
    source().changeLog().install();
    running = start(Duration.ofHours(1));
    database.execute("insert into orders values (1, 'small'), (2, repeat('x', 50000))");
    database.execute("update orders set note = 'small again' where id = 2");
    database.execute("insert into orders values (3, 'small')");
    awaitSaved(3);
    assertThat(versions(2)).isEqualTo(Map.of("1", 1, "3", 1));
    assertThat(running.status().healthy()).isFalse();
    assertThat(running.status().heldEvents()).isEqualTo(2);
    assertThat(running.held()).hasSize(1);
    assertThat(running.held().get(0).error()).contains("max.message.bytes");
    running.close();

    running = start(Duration.ofHours(1));
    database.execute("update orders set note = 'third' where id = 2");
    database.execute("insert into orders values (4, 'small')");
    await().atMost(Duration.ofSeconds(60)).until(() -> running.status().heldEvents() == 3);
    assertThat(versions(3)).isEqualTo(Map.of("1", 1, "3", 1, "4", 1));
    running.close();

    limit(200_000);
    running = start(Duration.ofHours(1));
    database.execute("update orders set note = 'fourth' where id = 2");
    assertThat(versions(7)).isEqualTo(Map.of("1", 1, "3", 1, "4", 1, "2", 4));
    await().atMost(Duration.ofSeconds(60)).until(() -> running.status().heldEvents() == 0);
    await().atMost(Duration.ofSeconds(60)).until(() -> running.status().healthy());
    assertThat(database.number("select count(*) from millrace_unpublished")).isZero();
  }

  @Test
  void a_raised_limit_is_noticed_while_the_pipeline_runs() throws Exception {
    kafka.createTopic(topic, 2, Map.of("max.message.bytes", "20000"));
    database.execute("create table orders (id int primary key, note text)");
    source().changeLog().install();
    running = start(Duration.ofMillis(200));
    database.execute("insert into orders values (2, repeat('x', 50000))");
    database.execute("update orders set note = 'small' where id = 2");
    await().atMost(Duration.ofSeconds(60)).until(() -> running.status().heldEvents() == 2);
    limit(200_000);
    assertThat(versions(2)).isEqualTo(Map.of("2", 2));
    await().atMost(Duration.ofSeconds(60)).until(() -> running.status().heldEvents() == 0);
  }

  @ParameterizedTest
  @EnumSource
  void a_death_while_a_held_event_is_stored_with_its_position_neither_loses_nor_doubles_it(
      DyingPositions.Moment moment) throws Exception {
    kafka.createTopic(topic, 2, Map.of("max.message.bytes", "20000"));
    database.execute("create table orders (id int primary key, note text)");
    source().changeLog().install();
    DyingPositions dying = new DyingPositions(JdbcPositions.in(database.dataSource()), moment);
    running = start(Duration.ofHours(1), dying);
    database.execute("insert into orders values (1, 'small'), (2, repeat('x', 50000))");
    database.execute("update orders set note = 'small again' where id = 2");
    await().atMost(Duration.ofSeconds(60)).until(dying::isDead);
    running.close();
    running = start(Duration.ofHours(1), JdbcPositions.in(database.dataSource()));
    database.execute("insert into orders values (3, 'small')");
    await()
        .atMost(Duration.ofSeconds(90)) // the dead one's lease has to end
        .ignoreExceptions()
        .until(
            () ->
                running.status().state() == PipelineState.RUNNING
                    && database.number("select count(*) from millrace_unpublished") == 2);
    assertThat(running.held()).hasSize(1);
    assertThat(running.held().get(0).events()).isEqualTo(2);
    limit(200_000);
    assertThat(running.replay(running.held().get(0).routingKey())).isTrue();
    // What was published and not stored comes again; what was held comes once.
    boolean again = moment == DyingPositions.Moment.BEFORE;
    assertThat(versions(again ? 5 : 4)).isEqualTo(Map.of("1", again ? 2 : 1, "2", 2, "3", 1));
  }

  private void awaitSaved(int transactions) {
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions() // the table is made when the first event is stored
        .until(
            () ->
                running.status().counters().captured() >= transactions + 1
                    && database.number("select count(*) from millrace_unpublished") == 2);
  }

  private PostgresSource source() {
    return PostgresSource.builder(database.dataSource())
        .service("billing")
        .capture("public.orders", t -> t.entity("order"))
        .build();
  }

  private Pipeline start(Duration retry) {
    return start(retry, JdbcPositions.in(database.dataSource()));
  }

  private Pipeline start(Duration retry, PositionStore positions) {
    Pipeline pipeline =
        Pipeline.builder("oversize-out")
            .from(source())
            .to(transport().publisher())
            .positions(positions)
            .leaseDuration(Duration.ofSeconds(3))
            .firstStart(FirstStart.OLDEST)
            .onUnpublishable(Unpublishable.hold().retryEvery(retry))
            .saveInterval(Duration.ofMillis(100))
            .build();
    pipeline.start();
    return pipeline;
  }

  private KafkaTransport transport() {
    return KafkaTransport.builder()
        .bootstrapServers(kafka.bootstrapServers())
        .topic(topic)
        .singleBroker()
        .build();
  }

  private void limit(int bytes) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    ConfigEntry entry = new ConfigEntry("max.message.bytes", Integer.toString(bytes));
    try (Admin admin = kafka.admin()) {
      admin
          .incrementalAlterConfigs(
              Map.of(resource, List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
  }

  /** How many versions of each row are on the topic, in rising order; waits for so many. */
  private Map<String, Integer> versions(int events) throws InterruptedException {
    List<ChangeEvent> all = new ArrayList<>();
    long start = System.nanoTime();
    try (Subscription subscription =
        transport().subscriber(kafka.uniqueName("judge")).open(new FromOldest())) {
      while (all.size() < events) {
        assertThat(System.nanoTime() - start).as("read %s", all).isLessThan(60_000_000_000L);
        subscription
            .poll(1_000, Duration.ofMillis(100))
            .forEach(
                delivery -> {
                  ChangeEvent event = ProtobufCodec.instance().decode(delivery.event());
                  if (event.entity().equals("order")) { // heartbeats come too
                    all.add(event);
                  }
                });
      }
    }
    Map<String, Integer> counts = new LinkedHashMap<>();
    Map<String, ChangeEvent> last = new LinkedHashMap<>();
    for (ChangeEvent event : all) {
      ChangeEvent before = last.put(event.id(), event);
      if (before != null) {
        assertThat(event.version()).isGreaterThanOrEqualTo(before.version());
      }
      counts.merge(event.id(), 1, Integer::sum);
    }
    return counts;
  }

  private static final class FromOldest implements AssignmentListener {
    @Override
    public Map<Integer, StartOffset> assigned(Channel channel, Set<Integer> partitions) {
      return partitions.stream().collect(Collectors.toMap(p -> p, p -> StartOffset.oldest()));
    }

    @Override
    public void revoked(Set<Integer> partitions) {
      // One member only.
    }
  }
}
