package io.millrace.examples.copy;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.mysql.MySqlTarget;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.Secret;
import java.time.Duration;
import java.util.Set;
import javax.sql.DataSource;

/**
 * What a user writes: which tables, columns and rows leave the shop's database, and where they go
 * in the one for reports.
 *
 * <p>What must not leave is chosen at the source: passwords and suppliers are not even read, the
 * mail address is hashed, the card masked, and of customers and orders only some rows pass. What a
 * row is called and which type it has over there is said at the target, whose own columns are left
 * alone.
 */
final class Copy {
  /** Countries whose customers are copied. */
  static final Set<String> COUNTRIES = Set.of("DE", "FR");

  /** Without which nobody finds a mail address by trying; in life it is kept with the passwords. */
  static final String PEPPER = "examples only";

  /** Where a server is. */
  record Endpoint(
      String host, int port, String database, String url, String user, String password) {}

  private Copy() {}

  static Pipeline pipeline(Endpoint at, DataSource dataSource, KafkaTransport kafka) {
    String shop = at.database();
    MySqlSource source =
        MySqlSource.builder(dataSource)
            .host(at.host())
            .port(at.port())
            .user(at.user())
            .password(Secret.of(at.password()))
            .service("shop")
            .capture(
                shop + ".customer",
                t -> t.exclude("password").hash(Secret.of(PEPPER), "email").mask("card"))
            .capture(shop + ".article", t -> t.exclude("supplier_*").rename("label", "kind"))
            .capture(shop + ".stock", t -> t.only("warehouse", "sku", "quantity", "note"))
            .capture(shop + ".orders", t -> t.entity("order").rename("order_no", "id"))
            .build();
    source.registration().install();
    return Pipeline.builder("shop-out")
        .from(source)
        .to(kafka.publisher())
        .filter(Copy::isWanted)
        .positions(JdbcPositions.in(dataSource))
        .firstStart(FirstStart.NOW)
        .leaseDuration(Duration.ofSeconds(5)) // how long a restart after a crash waits
        .build();
  }

  /** Judged before and after each change: a row that leaves is deleted, one that enters created. */
  private static boolean isWanted(ChangeEvent event) {
    Row row = event.newValue();
    if (row == null) {
      return true; // of all rows at once, or of none
    }
    return switch (event.entity()) {
      case "customer" -> COUNTRIES.contains(text(row, "country"));
      case "order" -> !text(row, "status").equals("draft");
      default -> true;
    };
  }

  private static String text(Row row, String field) {
    return row.get(field) instanceof Value.StringValue text ? text.value() : "";
  }

  static Applier applier(
      Endpoint at, DataSource dataSource, KafkaTransport kafka, ApplierListener listener) {
    String reports = at.database();
    Target target =
        MySqlTarget.builder(dataSource)
            .mirror(
                "customer",
                reports + ".client",
                m ->
                    m.columns("name", "city", "card", "credit", "born", "visits", "token")
                        .rename("id", "client_no")
                        .rename("email", "email_hash")
                        .rename("changed", "changed_at"))
            .mirror(
                "article",
                reports + ".item",
                m -> m.columns("sku", "serial", "kind", "tags", "price", "details"))
            .mirror("stock", reports + ".stock")
            .mirror(
                "order",
                reports + ".sales_order",
                m ->
                    m.columns("id", "total", "placed", "note")
                        .rename("customer_no", "client_no")
                        .rename("status", "state"))
            .build();
    return Applier.builder("reports-in")
        .service("reports")
        .from(kafka.subscriber("reports"))
        .to(target)
        .listener(listener)
        .build();
  }

  static KafkaTransport kafka(String bootstrapServers, String topic) {
    return KafkaTransport.builder()
        .bootstrapServers(bootstrapServers)
        .topic(topic)
        .singleBroker()
        .property("session.timeout.ms", "6000") // how long the partitions of a dead one wait
        .build();
  }
}
