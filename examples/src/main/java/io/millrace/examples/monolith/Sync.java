package io.millrace.examples.monolith;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierBuilder;
import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.mysql.MySqlTarget;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineBuilder;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.postgres.LogRetention;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;
import java.time.Duration;

/**
 * What a user writes: each side captures its tables and applies the other's changes.
 *
 * <p>Both sides write, so every entity is shared: both publish to one topic and both read all of
 * it. A column is named after the entity's field where it is captured, and the other way round
 * where it is written. What a side keeps for itself ({@code legacy_code}, {@code risk_score}) is
 * left out on both ways.
 */
record Sync(AutoCloseable database, Pipeline pipeline, Applier applier) implements AutoCloseable {

  /** What the monolith keeps: rows of tables on MariaDB. */
  static final String TABLES = "tables";

  /** What the monolith keeps: documents on MongoDB. */
  static final String DOCUMENTS = "documents";

  /** Where this side's database and the broker are, and what the monolith keeps. */
  record Endpoint(
      String monolith,
      String host,
      int port,
      String database,
      String url,
      String user,
      String password,
      String bootstrapServers,
      String topic) {}

  /** So short that a run of minutes shows that nothing piles up; in life it is hours or days. */
  static final Duration KEPT = Duration.ofMinutes(2);

  /** One side's parts, which {@link #pipeline} and {@link #applier} put together. */
  record Parts(
      String side,
      AutoCloseable database,
      Source source,
      Publisher publisher,
      PositionStore positions,
      Subscriber subscriber,
      Target target) {}

  static Parts parts(String side, Endpoint at) {
    boolean isMonolith = side.equals("monolith");
    if (at.monolith().equals(DOCUMENTS)) {
      return isMonolith ? DocumentSync.monolith(at) : DocumentSync.service(at);
    }
    return isMonolith ? monolith(at) : service(at);
  }

  private static Parts monolith(Endpoint at) {
    HikariDataSource database = pool(at);
    String shop = at.database();
    MySqlSource source =
        MySqlSource.builder(database)
            .host(at.host())
            .port(at.port())
            .user(at.user())
            .password(Secret.of(at.password()))
            .service("monolith")
            .capture(
                shop + ".customers",
                t ->
                    t.entity("customer")
                        .exclude("legacy_code")
                        .rename("customer_no", "id")
                        .rename("full_name", "name")
                        .rename("remark", "note")
                        .rename("registered", "registered_at"))
            .capture(
                shop + ".orders",
                t ->
                    t.entity("order")
                        .exclude("print_count")
                        .rename("order_no", "id")
                        .rename("customer_no", "customer_id")
                        .rename("placed", "placed_at")
                        .rename("remark", "note"))
            .capture(
                shop + ".order_lines",
                t ->
                    t.entity("order_line")
                        .rename("order_no", "order_id")
                        .rename("line_no", "line")
                        .rename("remark", "note"))
            .build();
    source.registration().install();
    Target target =
        MySqlTarget.builder(database)
            .shared(
                "customer",
                shop + ".customers",
                m ->
                    m.columns("email", "credit", "vip")
                        .rename("id", "customer_no")
                        .rename("name", "full_name")
                        .rename("note", "remark")
                        .rename("registered_at", "registered"))
            .shared(
                "order",
                shop + ".orders",
                m ->
                    m.columns("status", "total")
                        .rename("id", "order_no")
                        .rename("customer_id", "customer_no")
                        .rename("placed_at", "placed")
                        .rename("note", "remark"))
            .shared(
                "order_line",
                shop + ".order_lines",
                m ->
                    m.columns("sku", "quantity", "price")
                        .rename("order_id", "order_no")
                        .rename("line", "line_no")
                        .rename("note", "remark"))
            .build();
    return parts("monolith", at, database, source, JdbcPositions.in(database), target);
  }

  private static Parts service(Endpoint at) {
    HikariDataSource database = pool(at);
    PostgresSource source =
        PostgresSource.builder(database)
            .service("service")
            .retention(LogRetention.keep(KEPT).withSegmentRows(20_000))
            .capture(
                "public.customer",
                t ->
                    t.exclude("risk_score")
                        .rename("credit_limit", "credit")
                        .rename("is_vip", "vip"))
            .capture("public.order", t -> t.rename("state", "status"))
            .capture("public.order_line")
            .build();
    source.changeLog().install();
    Target target =
        PostgresTarget.builder(database)
            .shared(
                "customer",
                "public.customer",
                m ->
                    m.columns("id", "name", "email", "note", "registered_at")
                        .rename("credit", "credit_limit")
                        .rename("vip", "is_vip"))
            .shared(
                "order",
                "public.order",
                m ->
                    m.columns("id", "customer_id", "total", "placed_at", "note")
                        .rename("status", "state"))
            .shared(
                "order_line",
                "public.order_line",
                m -> m.columns("order_id", "line", "sku", "quantity", "price", "note"))
            .build();
    return parts("service", at, database, source, JdbcPositions.in(database), target);
  }

  static Parts parts(
      String side,
      Endpoint at,
      AutoCloseable database,
      Source source,
      PositionStore positions,
      Target target) {
    KafkaTransport kafka =
        KafkaTransport.builder()
            .bootstrapServers(at.bootstrapServers())
            .topic(at.topic())
            .singleBroker()
            .property("session.timeout.ms", "6000") // how long the partitions of a dead one wait
            .build();
    return new Parts(
        side, database, source, kafka.publisher(), positions, kafka.subscriber(side), target);
  }

  static PipelineBuilder pipeline(Parts parts) {
    return Pipeline.builder(parts.side() + "-out")
        .from(parts.source())
        .to(parts.publisher())
        .positions(parts.positions())
        .routing(Sync::routing)
        .firstStart(FirstStart.NOW)
        .leaseDuration(Duration.ofSeconds(5)); // how long a restart after a crash waits
  }

  static ApplierBuilder applier(Parts parts, ApplierListener listener) {
    return Applier.builder(parts.side() + "-in")
        .service(parts.side())
        .from(parts.subscriber())
        .to(parts.target())
        .ledgerRetention(KEPT)
        .listener(listener);
  }

  /** An order and its lines stay in order among each other: they share the order's routing key. */
  private static String routing(ChangeEvent event) {
    Value order = event.entity().equals("order_line") ? event.key().get("order_id") : null;
    return order == null
        ? event.routingKey()
        : ChangeEvent.defaultRoutingKey("order", CanonicalId.of(Row.of("id", order)));
  }

  static Sync of(Parts parts, ApplierListener listener) {
    return new Sync(parts.database(), pipeline(parts).build(), applier(parts, listener).build());
  }

  void start() {
    pipeline.start();
    applier.start();
  }

  @Override
  public void close() throws Exception {
    applier.close();
    pipeline.close();
    database.close();
  }

  static HikariDataSource pool(Endpoint at) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(at.url());
    config.setUsername(at.user());
    config.setPassword(at.password());
    return new HikariDataSource(config);
  }
}
