package io.millrace.examples.health;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierBuilder;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineBuilder;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** A captured database, a pipeline, an applier and its target: all with short limits. */
final class HealthRig implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(4);
  static final Duration PATIENCE = Duration.ofSeconds(90);

  final Database captured;
  final Database target;
  final Source source;
  final Pipeline pipeline;
  final Applier applier;

  HealthRig(SqlServer server, SqlServer targetServer, Publisher publisher, Subscriber subscriber) {
    this(server, targetServer, publisher, subscriber, p -> p, a -> a);
  }

  HealthRig(
      SqlServer server,
      SqlServer targetServer,
      Publisher publisher,
      Subscriber subscriber,
      UnaryOperator<PipelineBuilder> pipelineSettings,
      UnaryOperator<ApplierBuilder> applierSettings) {
    captured = server.createDatabase("captured");
    captured.execute("create table item (id bigint primary key, name varchar(40))");
    target = targetServer.createDatabase("target");
    target.execute("create table item (id bigint primary key, name varchar(40))");
    source = source(captured);
    pipeline =
        pipelineSettings
            .apply(
                Pipeline.builder("shop-out")
                    .from(source)
                    .to(publisher)
                    .positions(JdbcPositions.in(captured.dataSource()))
                    .firstStart(FirstStart.NOW)
                    .saveInterval(Duration.ofMillis(50))
                    .retryBackoff(Duration.ofMillis(50), Duration.ofMillis(500))
                    .heartbeatInterval(Duration.ofMillis(300))
                    .healthLimit(LIMIT))
            .build();
    applier =
        applierSettings
            .apply(
                Applier.builder("shop-in")
                    .service("billing")
                    .from(subscriber)
                    .to(PostgresTarget.builder(target.dataSource()).mirror("item", "item").build())
                    .expectHeartbeatsFrom("shop")
                    .statusInterval(Duration.ofMillis(100))
                    .maxWait(Duration.ofMillis(50))
                    .healthLimit(LIMIT))
            .build();
  }

  static HealthRig shared(SqlServer server, Publisher publisher, Subscriber subscriber) {
    return new HealthRig(server, PostgresServer.shared(), publisher, subscriber);
  }

  private static Source source(Database database) {
    if (database.server().kind() == ServerKind.POSTGRES) {
      PostgresSource source =
          PostgresSource.builder(database.dataSource())
              .service("shop")
              .capture("public.item", t -> t.entity("item"))
              .build();
      source.changeLog().install();
      return source;
    }
    MySqlSource source =
        MySqlSource.builder(database.dataSource())
            .host(database.server().host())
            .port(database.server().port())
            .user(database.user())
            .password(Secret.of(database.password()))
            .service("shop")
            .capture(database.name() + ".item", t -> t.entity("item"))
            .build();
    source.registration().install();
    return source;
  }

  HealthRig start() {
    pipeline.start();
    applier.start();
    return this;
  }

  boolean bothHealthy() {
    return pipeline.status().healthy()
        && pipeline.status().heartbeatAt().isPresent()
        && applier.status().healthy()
        && !applier.status().heartbeats().isEmpty();
  }

  @Override
  public String toString() {
    return pipeline.status() + "\n" + applier.status();
  }

  @Override
  public void close() {
    applier.close();
    pipeline.close();
  }
}
