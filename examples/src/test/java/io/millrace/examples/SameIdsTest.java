package io.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The same key has the same id, whichever database it was read from: routing and ledgers stand on
 * that.
 */
class SameIdsTest {
  /** A key of one table in both dialects. */
  private record Case(String table, String postgresKey, String mysqlKey, List<String> keys) {}

  private static final List<Case> CASES =
      List.of(
          new Case(
              "k_int", "a bigint", "a bigint", List.of("42", "-7", "0", "9223372036854775807")),
          new Case("k_small", "a smallint", "a int unsigned", List.of("0", "32767")),
          new Case(
              "k_decimal",
              "a numeric(20,6)",
              "a decimal(12,2)",
              List.of("10.50", "-0.10", "0.00", "100", "1234567890.25")),
          new Case(
              "k_text",
              "a text",
              "a varchar(100) character set utf8mb4 collate utf8mb4_bin",
              List.of("'plain'", "'a,b'", "''", "'ž李🚚'", "'O''Neil'", "' space '", "'007'")),
          new Case("k_char", "a char(8)", "a char(8) character set latin1", List.of("'ab'", "'é'")),
          new Case(
              "k_uuid", "a uuid", "a char(36)", List.of("'3f2504e0-4f89-41d3-9a0c-0305e82c3301'")),
          new Case("k_date", "a date", "a date", List.of("'2026-02-28'", "'1000-01-01'")),
          new Case(
              "k_datetime",
              "a timestamp(6)",
              "a datetime(6)",
              List.of("'2026-03-29 02:30:00'", "'2026-03-29 02:30:00.120000'")),
          new Case("k_time", "a time(6)", "a time(6)", List.of("'23:59:59.999999'", "'00:00:00'")));

  private static final List<String> COMPOSITE =
      List.of("1, 'a,b', '2026-01-01'", "1, 'a', '2026-01-01'", "-1, '', '1999-12-31'");

  @Test
  @NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB})
  void postgresql_and_mariadb_agree() throws Exception {
    Map<String, List<String>> postgres = postgres();

    assertThat(mysql(MariaDbServer.shared().createDatabase("ids"))).isEqualTo(postgres);
    assertThat(postgres)
        .hasSize(CASES.size() + 2)
        .allSatisfy((table, ids) -> assertThat(ids).doesNotHaveDuplicates());
    assertThat(postgres.get("k_decimal"))
        .containsExactly("10.5", "-0.1", "0", "100", "1234567890.25");
    assertThat(postgres.get("k_composite")).first().isEqualTo("1,a\\,b,2026-01-01");
  }

  @Test
  @NeedsServer({ServerKind.POSTGRES, ServerKind.MYSQL})
  void postgresql_and_mysql_agree() throws Exception {
    assertThat(mysql(MySqlServer.shared().createDatabase("ids"))).isEqualTo(postgres());
  }

  private static Map<String, List<String>> postgres() throws Exception {
    Database database = PostgresServer.shared().createDatabase("ids");
    PostgresSource.Builder builder = PostgresSource.builder(database.dataSource()).service("ids");
    for (Case each : CASES) {
      database.execute("CREATE TABLE " + each.table + " (" + each.postgresKey + " PRIMARY KEY)");
      builder.capture("public." + each.table);
    }
    database.execute("CREATE TABLE k_binary (a bytea PRIMARY KEY)");
    database.execute("CREATE TABLE k_composite (a int, b text, c date, PRIMARY KEY (a, b, c))");
    PostgresSource source =
        builder.capture("public.k_binary").capture("public.k_composite").build();
    source.changeLog().install();
    return ids(source, database, "'\\x00ff10'");
  }

  private static Map<String, List<String>> mysql(Database database) throws Exception {
    String name = database.name();
    MySqlSource.Builder builder =
        MySqlSource.builder(database.dataSource())
            .host(database.server().host())
            .port(database.server().port())
            .user(database.user())
            .password(Secret.of(database.password()))
            .service("ids");
    for (Case each : CASES) {
      database.execute("CREATE TABLE " + each.table + " (" + each.mysqlKey + " PRIMARY KEY)");
      builder.capture(name + "." + each.table);
    }
    database.execute("CREATE TABLE k_binary (a varbinary(16) PRIMARY KEY)");
    database.execute(
        "CREATE TABLE k_composite (a int, b varchar(20), c date, PRIMARY KEY (a, b, c))");
    MySqlSource source = builder.capture(name + ".k_binary").capture(name + ".k_composite").build();
    source.registration().install();
    return ids(source, database, "x'00ff10'");
  }

  private static Map<String, List<String>> ids(Source source, Database database, String binary)
      throws SQLException, InterruptedException {
    Map<String, List<String>> ids = new TreeMap<>();
    int expected = 0;
    try (SourceReader reader =
        source.open(new ReaderStart("ids", Optional.empty(), 0, FirstStart.NOW))) {
      for (Case each : CASES) {
        for (String key : each.keys) {
          database.execute("INSERT INTO " + each.table + " VALUES (" + key + ")");
          expected++;
        }
      }
      database.execute("INSERT INTO k_binary VALUES (" + binary + ")");
      for (String key : COMPOSITE) {
        database.execute("INSERT INTO k_composite VALUES (" + key + ")");
      }
      expected += 1 + COMPOSITE.size();
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      int found = 0;
      while (found < expected && System.nanoTime() < end) {
        for (ChangeEvent event : reader.poll(100, Duration.ofMillis(200)).events()) {
          ids.computeIfAbsent(event.entity(), entity -> new ArrayList<>()).add(event.id());
          found++;
        }
      }
      assertThat(found).as("events of %s", source.describe()).isEqualTo(expected);
    }
    return ids;
  }
}
