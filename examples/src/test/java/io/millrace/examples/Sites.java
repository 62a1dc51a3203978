package io.millrace.examples;

import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.mysql.MySqlTarget;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What rings of several sites share: databases of any kind, and what their channels carry. */
final class Sites {
  private Sites() {}

  /** A new database on a server of that kind: postgres, mariadb or mysql. */
  static Database database(String kind, String name) {
    return switch (kind) {
      case "postgres" -> PostgresServer.shared().createDatabase(name);
      case "mariadb" -> MariaDbServer.shared().createDatabase(name);
      default -> MySqlServer.shared().createDatabase(name);
    };
  }

  static boolean isPostgres(Database database) {
    return database.server() instanceof PostgresServer;
  }

  /** A source of these tables, installed; entities have their names. */
  static Source source(Database database, String service, String... tables) {
    if (isPostgres(database)) {
      PostgresSource.Builder builder =
          PostgresSource.builder(database.dataSource()).service(service);
      for (String table : tables) {
        builder.capture("public." + table, t -> t.entity(table));
      }
      PostgresSource source = builder.build();
      source.changeLog().install();
      return source;
    }
    MySqlSource.Builder builder =
        MySqlSource.builder(database.dataSource())
            .host(database.server().host())
            .port(database.server().port())
            .user(database.user())
            .password(Secret.of(database.password()))
            .service(service);
    for (String table : tables) {
      builder.capture(database.name() + "." + table, t -> t.entity(table));
    }
    MySqlSource source = builder.build();
    source.registration().install();
    return source;
  }

  static JdbcTarget.Builder target(Database database) {
    return isPostgres(database)
        ? PostgresTarget.builder(database.dataSource())
        : MySqlTarget.builder(database.dataSource());
  }

  /** Every change on a channel, once, in order; no heartbeats. */
  static List<ChangeEvent> changes(InProcessTransport channel) throws InterruptedException {
    List<ChangeEvent> changes = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    try (Subscription subscription =
        channel.subscriber("judge" + System.nanoTime()).open(new FromTheOldest())) {
      List<Delivery> polled = subscription.poll(10_000, Duration.ZERO);
      while (!polled.isEmpty()) {
        for (Delivery delivery : polled) {
          ChangeEvent event = ProtobufCodec.instance().decode(delivery.event());
          if (!Heartbeat.is(event) && seen.add(event.eventId())) {
            changes.add(event);
          }
        }
        polled = subscription.poll(10_000, Duration.ZERO);
      }
    }
    return changes;
  }

  private static final class FromTheOldest implements AssignmentListener {
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
