package io.millrace.examples.monolith;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.mongo.MongoPositions;
import io.millrace.cdc.mongo.MongoSource;
import io.millrace.cdc.mongo.MongoTarget;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.postgres.LogRetention;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.postgres.PostgresTarget;
import java.util.List;
import org.bson.BsonType;

/**
 * What a user writes whose monolith keeps documents: an order holds its lines as a list, which the
 * service keeps as rows of a table of their own; a customer's e-mail address lies in a document
 * inside the customer's.
 *
 * <p>An event of an order carries its lines. The service takes them apart ({@code nest}); what the
 * service changes in a line arrives at the monolith as an event of that line, and goes into its
 * place in the order's list by the same declaration.
 */
final class DocumentSync {
  private static final Nesting LINES =
      new Nesting("order", "lines", "order_line", List.of("order_id"), List.of("order_id", "line"));

  private DocumentSync() {}

  static Sync.Parts monolith(Sync.Endpoint at) {
    MongoClient client = MongoClients.create(at.url());
    MongoSource source =
        MongoSource.builder(client, at.database())
            .service("monolith")
            .capture(
                "customers",
                c ->
                    c.entity("customer")
                        .exclude("legacyCode")
                        .optional("remark")
                        .rename("_id", "id")
                        .rename("fullName", "name")
                        .rename("remark", "note")
                        .rename("registered", "registered_at"))
            .capture(
                "orders",
                c ->
                    c.entity("order")
                        .optional("remark")
                        .rename("_id", "id")
                        .rename("customerNo", "customer_id")
                        .rename("placed", "placed_at")
                        .rename("remark", "note"))
            .build();
    source.registration().install();
    Target target =
        MongoTarget.builder(client, at.database())
            .shared(
                "customer",
                "customers",
                m ->
                    m.fields("contact.email", "credit", "vip")
                        .rename("id", "_id")
                        .rename("name", "fullName")
                        .rename("note", "remark")
                        .rename("registered_at", "registered"))
            .shared(
                "order",
                "orders",
                m ->
                    m.fields("status", "total")
                        .rename("id", "_id")
                        .rename("customer_id", "customerNo")
                        .rename("placed_at", "placed")
                        .rename("note", "remark"))
            .shared(
                "order_line",
                "orders",
                m ->
                    m.fields("order_id", "line", "sku", "quantity", "price", "note")
                        .as("line", BsonType.INT32)
                        .as("quantity", BsonType.INT32))
            .nest(LINES)
            .build();
    return Sync.parts(
        "monolith", at, client, source, MongoPositions.in(client, at.database()), target);
  }

  static Sync.Parts service(Sync.Endpoint at) {
    HikariDataSource database = Sync.pool(at);
    PostgresSource source =
        PostgresSource.builder(database)
            .service("service")
            .retention(LogRetention.keep(Sync.KEPT).withSegmentRows(20_000))
            .capture(
                "public.customer",
                t ->
                    t.exclude("risk_score")
                        .rename("email", "contact.email")
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
                    m.columns("id", "name", "note", "registered_at")
                        .rename("contact.email", "email")
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
            .nest(LINES)
            .build();
    return Sync.parts("service", at, database, source, JdbcPositions.in(database), target);
  }
}
