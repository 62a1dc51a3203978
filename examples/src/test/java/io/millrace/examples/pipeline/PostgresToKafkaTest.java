package io.millrace.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A pipeline between real servers: what a commit promises reaches the topic, whatever stops. */
@NeedsServer({ServerKind.POSTGRES, ServerKind.KAFKA})
class PostgresToKafkaTest {
  private static final int KEYS = 12;

  private final KafkaServer kafka = KafkaServer.shared();
  private final String topic = kafka.uniqueName("shop");
  private final AtomicIntegerArray committed = new AtomicIntegerArray(KEYS);
  private final AtomicBoolean writing = new AtomicBoolean(true);
  private Pipeline running;

  @AfterEach
  void close() {
    writing.set(false);
    if (running != null) {
      running.close();
    }
  }

  @Test
  void every_committed_change_is_on_the_topic_in_order_although_the_pipeline_stops_and_goes_on()
      throws Exception {
    Database database = shop(PostgresServer.shared());
    running = start(database);
    Thread writer = writer(database);
    for (int round = 0; round < 3; round++) {
      long before = running.status().counters().acknowledged();
      await().until(() -> running.status().counters().acknowledged() > before + 100);
      running.close();
      assertThat(running.status().state()).isEqualTo(PipelineState.CLOSED);
      running = start(database);
    }
    writing.set(false);
    writer.join();
    checkTopic();
  }

  @Test
  void a_killed_database_is_waited_for() throws Exception {
    try (PostgresServer server = PostgresServer.startDedicated()) {
      Database database = shop(server);
      running = start(database);
      Thread writer = writer(database);
      await().until(() -> running.status().counters().acknowledged() > 100);
      server.kill();
      await().until(() -> running.status().state() == PipelineState.RETRYING);
      assertThat(running.status().healthy()).isFalse();
      server.start();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> running.status().state() == PipelineState.RUNNING);
      long before = running.status().counters().acknowledged();
      await().until(() -> running.status().counters().acknowledged() > before + 100);
      writing.set(false);
      writer.join();
      checkTopic();
      running.close();
    }
  }

  @Test
  void a_flush_publishes_at_once_and_is_harmless_on_an_instance_that_stands_by() throws Exception {
    Database database = shop(PostgresServer.shared());
    running = start(database);
    await().until(() -> running.status().state() == PipelineState.RUNNING);
    try (Pipeline standby = start(database)) {
      await().until(() -> standby.status().state() == PipelineState.STANDBY);
      database.execute("insert into orders values (1, 1)");
      running.flush();
      standby.flush();
      await().until(() -> running.status().counters().acknowledged() == 1);
      assertThat(standby.status().counters().captured()).isZero();
      running.close();
      await().until(() -> standby.status().state() == PipelineState.RUNNING);
      database.execute("update orders set n = 2 where id = 1");
      standby.flush();
      await().until(() -> standby.status().counters().acknowledged() == 1);
    }
  }

  private static Database shop(PostgresServer server) {
    Database database = server.createDatabase("shop");
    database.execute("create table orders (id int primary key, n int not null)");
    source(database).changeLog().install();
    return database;
  }

  private static PostgresSource source(Database database) {
    return PostgresSource.builder(database.dataSource())
        .service("billing")
        .capture("public.orders", t -> t.entity("order"))
        .build();
  }

  private Pipeline start(Database database) {
    Pipeline pipeline =
        Pipeline.builder("billing-out")
            .from(source(database))
            .to(transport().publisher())
            .positions(JdbcPositions.in(database.dataSource()))
            .firstStart(FirstStart.OLDEST)
            .saveInterval(Duration.ofMillis(100))
            .leaseDuration(Duration.ofSeconds(5))
            .retryBackoff(Duration.ofMillis(50), Duration.ofMillis(500))
            .build();
    pipeline.start();
    return pipeline;
  }

  private KafkaTransport transport() {
    return KafkaTransport.builder()
        .bootstrapServers(kafka.bootstrapServers())
        .topic(topic)
        .createTopic(4, 1)
        .singleBroker()
        .build();
  }

  /** Counts each row up, and remembers what was committed for sure. */
  private Thread writer(Database database) {
    Thread thread =
        new Thread(
            () -> {
              while (writing.get()) {
                try (Connection connection = database.connect()) {
                  write(connection);
                } catch (SQLException e) {
                  pause();
                }
              }
            },
            "writer");
    thread.start();
    return thread;
  }

  private void write(Connection connection) throws SQLException {
    String upsert =
        "insert into orders values (?, 1) on conflict (id) do update set n = orders.n + 1"
            + " returning n";
    try (PreparedStatement statement = connection.prepareStatement(upsert)) {
      for (int i = 0; writing.get(); i++) {
        statement.setInt(1, i % KEYS);
        try (var row = statement.executeQuery()) {
          row.next();
          committed.set(i % KEYS, row.getInt(1));
        }
        if (i % 50 == 0) {
          pause();
        }
      }
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(5);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads the topic from its start until every row has come as far as its writer has. */
  private void checkTopic() throws InterruptedException {
    Map<String, Integer> counts = new HashMap<>();
    Map<String, Version> versions = new HashMap<>();
    long start = System.nanoTime();
    try (Subscription subscription =
        transport().subscriber(topic + "-judge").open(new FromOldest())) {
      while (!complete(counts)) {
        assertThat(System.nanoTime() - start)
            .as("read %s of %s", counts, committed)
            .isLessThan(TimeUnit.SECONDS.toNanos(60));
        for (Delivery delivery : subscription.poll(1_000, Duration.ofMillis(100))) {
          ChangeEvent event = ProtobufCodec.instance().decode(delivery.event());
          if (!event.entity().equals(Heartbeat.ENTITY)) {
            take(event, counts, versions);
          }
        }
      }
    }
  }

  private static void take(
      ChangeEvent event, Map<String, Integer> counts, Map<String, Version> versions) {
    Version before = versions.get(event.id());
    if (before != null && before.compareTo(event.version()) >= 0) {
      return; // published again after a restart
    }
    versions.put(event.id(), event.version());
    int n = Integer.parseInt(String.valueOf(value(event)));
    int next = counts.getOrDefault(event.id(), 0) + 1;
    if (before != null && before.epoch() < event.version().epoch()) {
      // After a rise of the epoch changes come again under higher versions, in order.
      assertThat(n).as("%s", event).isBetween(1, next);
    } else {
      assertThat(n).as("%s", event).isEqualTo(next);
    }
    counts.put(event.id(), n);
  }

  private static Value value(ChangeEvent event) {
    return event.newValue().get("n");
  }

  private boolean complete(Map<String, Integer> counts) {
    for (int key = 0; key < KEYS; key++) {
      if (counts.getOrDefault(Integer.toString(key), 0) < committed.get(key)) {
        return false;
      }
    }
    return true;
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
