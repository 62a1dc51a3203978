package io.millrace.examples.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.mysql.MySqlTarget;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.NetworkProxy;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A database, a pipeline, Kafka, an applier and its database, with a proxy between each pair. The
 * writers and the judge use no proxy.
 */
final class Rig implements AutoCloseable {
  static final int MAX_IN_FLIGHT = 200;
  static final Duration LIMIT = Duration.ofSeconds(2);
  static final Duration HEALTH_LIMIT = Duration.ofSeconds(4);

  private final Map<Link, NetworkProxy> proxies = new EnumMap<>(Link.class);
  private final Database from;
  private final Database to;
  private final KafkaServer kafka;
  private final String topic;
  private final Pipeline pipeline;
  private final Applier applier;
  private final Writers writers;

  /**
   * @param publisher and subscriber: proxies of the broker
   */
  Rig(
      ServerKind source,
      ServerKind target,
      KafkaServer kafka,
      NetworkProxy publisher,
      NetworkProxy subscriber) {
    this.kafka = kafka;
    this.topic = kafka.uniqueName("network");
    this.from = server(source).createDatabase("network");
    this.to = server(target).createDatabase("network");
    Database positions = server(target).createDatabase("network");
    from.execute("create table orders (id int primary key, n int not null, note varchar(200))");
    to.execute("create table orders (id int primary key, n int not null, note varchar(200))");
    History.install(to);
    proxies.put(Link.SOURCE, NetworkProxy.to(from.server()));
    proxies.put(Link.POSITIONS, NetworkProxy.to(positions.server()));
    proxies.put(Link.TARGET, NetworkProxy.to(to.server()));
    proxies.put(Link.PUBLISHER, publisher);
    proxies.put(Link.SUBSCRIBER, subscriber);
    install(source);
    this.pipeline =
        Pipeline.builder("network-out")
            .from(source(source, proxies.get(Link.SOURCE)))
            .to(transport(proxies.get(Link.PUBLISHER).address()).publisher())
            .positions(JdbcPositions.in(positions.dataSource(proxies.get(Link.POSITIONS)), LIMIT))
            .firstStart(FirstStart.OLDEST)
            .saveInterval(Duration.ofMillis(100))
            .leaseDuration(Duration.ofSeconds(5))
            .retryBackoff(Duration.ofMillis(50), Duration.ofMillis(500))
            .heartbeatInterval(Duration.ofMillis(500))
            .healthLimit(HEALTH_LIMIT)
            .maxInFlightEvents(MAX_IN_FLIGHT)
            .build();
    this.applier =
        Applier.builder("network-in")
            .service("copy")
            .from(transport(proxies.get(Link.SUBSCRIBER).address()).subscriber(topic))
            .to(target(target))
            .maxWait(Duration.ofMillis(50))
            .build();
    this.writers = new Writers(from);
  }

  private static SqlServer server(ServerKind kind) {
    return switch (kind) {
      case POSTGRES -> PostgresServer.shared();
      case MARIADB -> MariaDbServer.shared();
      case MYSQL -> MySqlServer.shared();
      case KAFKA, MONGO -> throw new IllegalArgumentException(kind.label());
    };
  }

  /** What is installed is installed over a good network. */
  private void install(ServerKind kind) {
    try (NetworkProxy good = NetworkProxy.to(from.server())) {
      Source source = source(kind, good);
      if (source instanceof PostgresSource postgres) {
        postgres.changeLog().install();
      } else {
        ((MySqlSource) source).registration().install();
      }
    }
  }

  private Source source(ServerKind kind, NetworkProxy proxy) {
    if (kind == ServerKind.POSTGRES) {
      return PostgresSource.builder(from.dataSource(proxy))
          .service("shop")
          .capture("public.orders", t -> t.entity("order"))
          .timeout(LIMIT)
          .build();
    }
    return MySqlSource.builder(from.dataSource(proxy))
        .host(proxy.host())
        .port(proxy.port())
        .user(from.user())
        .password(Secret.of(from.password()))
        .service("shop")
        .capture(from.name() + ".orders", t -> t.entity("order"))
        .timeout(LIMIT.multipliedBy(2))
        .build();
  }

  private JdbcTarget target(ServerKind kind) {
    var dataSource = to.dataSource(proxies.get(Link.TARGET));
    return (kind == ServerKind.POSTGRES
            ? PostgresTarget.builder(dataSource)
            : MySqlTarget.builder(dataSource))
        .timeout(LIMIT)
        .mirror("order", "orders")
        .build();
  }

  /** With shorter time-outs than Kafka's own, which are 30 s: a test has no such time. */
  private KafkaTransport transport(String address) {
    return KafkaTransport.builder()
        .bootstrapServers(address)
        .topic(topic)
        .createTopic(4, 1)
        .singleBroker()
        .property("request.timeout.ms", Long.toString(LIMIT.toMillis()))
        .property("socket.connection.setup.timeout.ms", "1000")
        .property("socket.connection.setup.timeout.max.ms", "2000")
        .property("reconnect.backoff.max.ms", "200")
        .property("retry.backoff.max.ms", "200")
        .property("session.timeout.ms", "6000")
        .property("heartbeat.interval.ms", "1000")
        .property("default.api.timeout.ms", "5000")
        .build();
  }

  NetworkProxy proxy(Link link) {
    return proxies.get(link);
  }

  Pipeline pipeline() {
    return pipeline;
  }

  Applier applier() {
    return applier;
  }

  Writers writers() {
    return writers;
  }

  Database target() {
    return to;
  }

  /** Starts all, and waits until something came the whole way. */
  void start() {
    pipeline.start();
    applier.start();
    writers.start();
    await("first rows")
        .atMost(Duration.ofMinutes(1))
        .until(() -> to.number("select count(*) from orders") > 3);
  }

  /** Stops the writers and waits until all they wrote has arrived; then judges order and loss. */
  void finish() throws InterruptedException {
    writers.stop();
    proxies.values().forEach(NetworkProxy::normal);
    String all = "select id, n, note from orders order by id";
    List<List<Object>> wanted = from.query(all);
    await("all has arrived: " + this)
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(() -> assertThat(to.query(all)).as("%s", this).isEqualTo(wanted));
    History.check(to);
    new TopicJudge(kafka, topic).check(writers.committed());
    await("healthy again")
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () -> {
              assertThat(pipeline.status().healthy()).as("%s", pipeline.status()).isTrue();
              assertThat(applier.status().healthy()).as("%s", applier.status()).isTrue();
            });
    assertThat(applier.status().held()).isZero();
  }

  @Override
  public void close() {
    writers.stop();
    proxies.values().forEach(NetworkProxy::normal);
    proxies.values().forEach(NetworkProxy::cut);
    applier.close();
    pipeline.close();
    for (Link own : List.of(Link.SOURCE, Link.POSITIONS, Link.TARGET)) {
      proxies.get(own).close();
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(pipeline.status()).append('\n').append(applier.status());
    proxies.forEach((link, proxy) -> text.append("\n  ").append(link).append(' ').append(proxy));
    return text.toString();
  }
}
