package io.millrace.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two instances of one pipeline, and a real store of its position and lease. */
abstract class OneAtATimeContract {
  private static final int ROWS = 20;

  private final KafkaServer kafka = KafkaServer.shared();
  private final String topic = kafka.uniqueName("one");
  private final Database database = PostgresServer.shared().createDatabase("orders");
  private final Database copy = PostgresServer.shared().createDatabase("orders_copy");
  private final List<String> said = new CopyOnWriteArrayList<>();
  private final Database store;
  private Process child;
  private Pipeline other;
  private Applier applier;

  OneAtATimeContract(Database store) {
    this.store = store;
  }

  @AfterEach
  void close() {
    if (applier != null) {
      applier.close();
    }
    if (other != null) {
      other.close();
    }
    if (child != null) {
      child.destroyForcibly();
    }
  }

  @Test
  void a_paused_owner_is_replaced_and_when_it_wakes_up_it_saves_nothing_and_applies_nothing()
      throws Exception {
    String table = "create table orders (id int primary key, n int not null)";
    database.execute(table);
    copy.execute(table);
    PausableOwner.source(database.dataSource()).changeLog().install();
    kafka.createTopic(topic, 2);
    startChild();
    within().until(() -> said.contains("state RUNNING"));
    applier = applier();
    applier.start();
    database.execute("insert into orders select i, 1 from generate_series(1, " + ROWS + ") i");
    awaitCopy(1);
    assertThat(owner()).isEqualTo("child");

    other = other();
    other.start();
    within().until(() -> other.status().state() == PipelineState.STANDBY);
    said.clear();
    database.execute("update orders set n = 2");
    within()
        .until(() -> said.stream().filter(line -> line.startsWith("seen order")).count() == ROWS);
    // The child's producer still waits for more before it sends these.
    signal("STOP");
    within().until(() -> other.status().state() == PipelineState.RUNNING);
    database.execute("update orders set n = 3");
    awaitCopy(3);
    assertThat(owner()).isEqualTo("parent");
    long duplicates = applier.status().duplicates();

    said.clear();
    signal("CONT");
    within().until(() -> said.contains("state STANDBY"));
    within().until(() -> applier.status().duplicates() >= duplicates + ROWS - 1);
    assertThat(owner()).isEqualTo("parent");
    assertThat(other.status().state()).isEqualTo(PipelineState.RUNNING);
    database.execute("update orders set n = 4 where id = 1");
    within().until(() -> copy.number("select n from orders where id = 1") == 4);
    assertThat(copy.number("select count(*) from orders where n = 3")).isEqualTo(ROWS - 1);
    assertThat(applier.status().held()).isZero();

    other.close();
    within().until(() -> said.contains("state RUNNING"));
    database.execute("update orders set n = 5");
    awaitCopy(5);
    assertThat(owner()).isEqualTo("child");
  }

  @Test
  void when_the_owner_is_killed_the_other_one_takes_over_and_nothing_is_missing() throws Exception {
    String table = "create table orders (id int primary key, n int not null)";
    database.execute(table);
    copy.execute(table);
    PausableOwner.source(database.dataSource()).changeLog().install();
    kafka.createTopic(topic, 2);
    startChild();
    within().until(() -> said.contains("state RUNNING"));
    other = other();
    other.start();
    within().until(() -> other.status().state() == PipelineState.STANDBY);
    database.execute("insert into orders select i, 1 from generate_series(1, " + ROWS + ") i");
    within()
        .until(() -> said.stream().filter(line -> line.startsWith("seen order")).count() == ROWS);
    child.destroyForcibly();
    database.execute("update orders set n = 2 where id = 1");
    within().until(() -> other.status().state() == PipelineState.RUNNING);
    applier = applier();
    applier.start();
    within().until(() -> copy.number("select count(*) from orders") == ROWS);
    within().until(() -> copy.number("select n from orders where id = 1") == 2);
  }

  private static ConditionFactory within() {
    return await().atMost(Duration.ofSeconds(90));
  }

  private void awaitCopy(int n) {
    within().until(() -> copy.number("select count(*) from orders where n = " + n) == ROWS);
  }

  private String owner() {
    return store.value("select owner from millrace_position where pipeline = 'one-at-a-time'");
  }

  private Pipeline other() {
    return PausableOwner.pipeline(
        "parent",
        PausableOwner.source(database.dataSource()),
        kafka.bootstrapServers(),
        topic,
        "0",
        store.dataSource(),
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
  }

  private Applier applier() {
    KafkaTransport transport =
        KafkaTransport.builder()
            .bootstrapServers(kafka.bootstrapServers())
            .topic(topic)
            .singleBroker()
            .build();
    return Applier.builder("copy")
        .service("copy")
        .from(transport.subscriber(topic + "-copy"))
        .to(PostgresTarget.builder(copy.dataSource()).mirror("order", "orders").build())
        .build();
  }

  private void startChild() throws IOException {
    child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                PausableOwner.class.getName(),
                database.jdbcUrl(),
                database.user(),
                kafka.bootstrapServers(),
                topic,
                store.jdbcUrl(),
                store.user())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
    Thread reader =
        new Thread(
            () -> {
              try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  said.add(line);
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            "reads the child");
    reader.setDaemon(true);
    reader.start();
  }

  private void signal(String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(child.pid())).start();
    assertThat(kill.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }
}
