package io.millrace.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.error.ConfigurationException;
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
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tables, columns, entities, appliers and groups of names that need quotes, from end to end. */
@NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB, ServerKind.KAFKA})
class HostileTablesTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String SCHEMA = "s\"x`y'z ж";
  private static final String APPLIER = "a\"b`c'd:e ж\\?";

  private static final List<String> NAMES =
      List.of(
          "a\"b",
          "a`b",
          "a'b",
          "a b",
          "a\\b",
          "a,b{c}",
          "%s?:x$1",
          "Жук",
          "é".repeat(31) + "x", // 63 bytes, the most that PostgreSQL keeps
          "AbC",
          "select",
          "--");

  private record Side(Database database, String quote) {
    String quoted(String name) {
      return quote + name.replace(quote, quote + quote) + quote;
    }

    /** As SQL has it. */
    String table(String name) {
      return quoted(SCHEMA) + "." + quoted(name);
    }

    void create(String schemaKind) {
      database.execute("create " + schemaKind + " " + quoted(SCHEMA));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ServerKind.class,
      names = {"POSTGRES", "MARIADB", "MYSQL"})
  void what_needs_quotes_goes_from_end_to_end_and_is_held_and_replayed_under_its_name(
      ServerKind kind) throws Exception {
    // Two servers of the family, since a database's name is the server's on MySQL.
    Side from = side(kind, server(kind), "hostile_from");
    Side to = kind == ServerKind.POSTGRES ? side(kind, server(kind), "hostile_to") : other(kind);
    try {
      run(kind, from, to);
    } finally {
      drop(kind, from);
      if (kind != ServerKind.POSTGRES) {
        to.database().server().close();
      }
    }
  }

  private static SqlServer server(ServerKind kind) {
    return switch (kind) {
      case POSTGRES -> PostgresServer.shared();
      case MARIADB -> MariaDbServer.shared();
      default -> MySqlServer.shared();
    };
  }

  private static Side other(ServerKind kind) {
    SqlServer server =
        kind == ServerKind.MARIADB ? MariaDbServer.startDedicated() : MySqlServer.startDedicated();
    return side(kind, server, "hostile_to");
  }

  private static Side side(ServerKind kind, SqlServer server, String prefix) {
    boolean postgres = kind == ServerKind.POSTGRES;
    Side side = new Side(server.createDatabase(prefix), postgres ? "\"" : "`");
    side.create(postgres ? "schema" : "database");
    return side;
  }

  private static void drop(ServerKind kind, Side from) {
    if (kind != ServerKind.POSTGRES) {
      from.database().execute("drop database " + from.quoted(SCHEMA));
    }
    from.database().drop();
  }

  private void run(ServerKind kind, Side from, Side to) throws Exception {
    for (int i = 0; i < NAMES.size(); i++) {
      String name = NAMES.get(i);
      String columns = " (id int primary key, " + from.quoted(name) + " varchar(40)";
      from.database().execute("create table " + from.table(name) + columns + ")");
      to.database()
          .execute(
              "create table %s%s, constraint no_%s check (%s not in ('bad', 'worse')))"
                  .formatted(to.table(name), columns, i, to.quoted(name)));
    }
    KafkaServer kafka = KafkaServer.shared();
    String topic = kafka.uniqueName("hostile");
    kafka.createTopic(topic, 2);
    KafkaTransport transport =
        KafkaTransport.builder()
            .bootstrapServers(kafka.bootstrapServers())
            .topic(topic)
            .singleBroker()
            .build();
    try (Pipeline pipeline =
            Pipeline.builder("hostile-out")
                .from(source(kind, from))
                .to(transport.publisher())
                .positions(JdbcPositions.in(from.database().dataSource()))
                .firstStart(FirstStart.NOW)
                .startTimeout(LIMIT)
                .build();
        Applier applier =
            Applier.builder(APPLIER)
                .service("to")
                .from(transport.subscriber(topic + " g\"r`o'u\\p ж"))
                .to(target(kind, to))
                .onRejected(Rejection.hold().retryEvery(Duration.ofHours(1)))
                .startTimeout(LIMIT)
                .build()) {
      pipeline.start();
      applier.start();
      write(from, "insert into %s values (1, 'one'), (2, 'two')");
      write(from, "update %s set %s = 'bad' where id = 1");
      write(from, "update %s set %s = 'worse' where id = 1");
      write(from, "delete from %s where id = 2");
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(applier.status().held())
                      .as("%s", applier.status())
                      .isEqualTo(2L * NAMES.size()));
      assertThat(applier.held().stream().map(HeldKey::key))
          .containsExactlyInAnyOrderElementsOf(
              NAMES.stream().map(name -> EntityKey.of(name, "1")).toList());
      for (int i = 0; i < NAMES.size(); i++) {
        String name = NAMES.get(i);
        EntityKey key = EntityKey.of(name, "1");
        assertThat(rows(to, name)).as(name).isEqualTo("[[1, one]]");
        assertThat(applier.replay(key)).as(name).isFalse();
        if (i % 2 == 0) {
          to.database().execute("alter table " + to.table(name) + " drop constraint no_" + i);
          assertThat(applier.replay(key)).as(name).isTrue();
          assertThat(rows(to, name)).as(name).isEqualTo(rows(from, name));
        } else {
          assertThat(applier.discard(key)).as(name).isTrue();
        }
      }
      assertThat(applier.held()).isEmpty();
    }
  }

  /** With the table's and the column's name for the two places. */
  private static void write(Side side, String sql) {
    for (String name : NAMES) {
      side.database()
          .execute(
              sql.replaceFirst("%s", "<1>")
                  .replace("%s", side.quoted(name))
                  .replace("<1>", side.table(name)));
    }
  }

  private static String rows(Side side, String name) {
    return side.database().query("select * from " + side.table(name) + " order by id").toString();
  }

  private static Source source(ServerKind kind, Side side) {
    Database database = side.database();
    if (kind == ServerKind.POSTGRES) {
      PostgresSource.Builder builder =
          PostgresSource.builder(database.dataSource()).service("from");
      NAMES.forEach(name -> builder.capture(SCHEMA + "." + name));
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
            .service("from");
    NAMES.forEach(name -> builder.capture(SCHEMA + "." + name));
    MySqlSource source = builder.build();
    source.registration().install();
    return source;
  }

  private static Target target(ServerKind kind, Side side) {
    JdbcTarget.Builder builder =
        kind == ServerKind.POSTGRES
            ? PostgresTarget.builder(side.database().dataSource())
            : MySqlTarget.builder(side.database().dataSource());
    NAMES.forEach(name -> builder.mirror(name, side.table(name)));
    return builder.build();
  }

  @Test
  void a_name_that_postgres_would_cut_is_refused_at_the_start_and_no_other_table_is_written() {
    Database database = PostgresServer.shared().createDatabase("hostile_long");
    String kept = "t".repeat(63);
    database.execute("create table " + kept + " (id int primary key)");
    Function<String, Target> target =
        table -> PostgresTarget.builder(database.dataSource()).mirror("item", table).build();
    for (String name : List.of(kept + "t", "public.\"" + kept + "t\"", "a\"b", "public.")) {
      try (Applier applier =
          Applier.builder("in")
              .service("to")
              .from(transport().subscriber("g"))
              .to(target.apply(name))
              .startTimeout(LIMIT)
              .build()) {
        assertThatThrownBy(applier::start)
            .isInstanceOf(ConfigurationException.class)
            .hasMessageContaining("'" + name + "'")
            .hasMessageContaining("no such table");
      }
      PostgresSource source =
          PostgresSource.builder(database.dataSource())
              .service("from")
              .capture("public." + kept + "t")
              .build();
      assertThatThrownBy(() -> source.changeLog().install()).hasMessageContaining(kept + "t");
    }
    database.drop();
  }

  private static KafkaTransport transport() {
    KafkaServer kafka = KafkaServer.shared();
    String topic = kafka.uniqueName("hostile-none");
    kafka.createTopic(topic, 1);
    return KafkaTransport.builder()
        .bootstrapServers(kafka.bootstrapServers())
        .topic(topic)
        .singleBroker()
        .build();
  }
}
