package io.millrace.examples.monolith;

import static io.millrace.examples.monolith.ColumnType.BOOL;
import static io.millrace.examples.monolith.ColumnType.DECIMAL;
import static io.millrace.examples.monolith.ColumnType.INSTANT;
import static io.millrace.examples.monolith.ColumnType.LONG;
import static io.millrace.examples.monolith.ColumnType.TEXT;

import io.millrace.examples.monolith.Table.Column;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The shop's schema on both sides, which differ as a monolith's and a service's do: names, types,
 * and what each keeps for itself.
 */
final class Shop {
  static final List<String> MONOLITH_DDL =
      List.of(
          """
          CREATE TABLE customers (
            customer_no BIGINT NOT NULL PRIMARY KEY,
            full_name VARCHAR(200) NOT NULL,
            email VARCHAR(200) NULL,
            credit DECIMAL(12,2) NOT NULL,
            vip TINYINT(1) NOT NULL DEFAULT 0,
            remark VARCHAR(500) NULL,
            registered TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
            legacy_code VARCHAR(20) NOT NULL DEFAULT 'L-0'
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          """
          CREATE TABLE orders (
            order_no BIGINT NOT NULL PRIMARY KEY,
            customer_no BIGINT NOT NULL,
            status ENUM('new','paid','shipped','cancelled') NOT NULL,
            total DECIMAL(12,2) NOT NULL,
            placed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
            remark TEXT NULL,
            print_count INT NOT NULL DEFAULT 0,
            FOREIGN KEY (customer_no) REFERENCES customers (customer_no)
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          """
          CREATE TABLE order_lines (
            order_no BIGINT NOT NULL,
            line_no INT NOT NULL,
            sku VARCHAR(40) NOT NULL,
            quantity INT UNSIGNED NOT NULL,
            price DECIMAL(12,4) NOT NULL,
            remark VARCHAR(200) NULL,
            PRIMARY KEY (order_no, line_no),
            FOREIGN KEY (order_no) REFERENCES orders (order_no)
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """);

  static final List<String> SERVICE_DDL =
      List.of(
          """
          CREATE TABLE customer (
            id bigint PRIMARY KEY,
            name text NOT NULL,
            email text,
            credit_limit numeric(14,2) NOT NULL,
            is_vip boolean NOT NULL DEFAULT false,
            note text,
            registered_at timestamptz NOT NULL DEFAULT now(),
            risk_score integer NOT NULL DEFAULT 0
          )
          """,
          """
          CREATE TABLE "order" (
            id bigint PRIMARY KEY,
            customer_id bigint NOT NULL REFERENCES customer (id),
            state text NOT NULL,
            total numeric(14,2) NOT NULL,
            placed_at timestamptz NOT NULL DEFAULT now(),
            note text
          )
          """,
          """
          CREATE TABLE order_line (
            order_id bigint NOT NULL REFERENCES "order" (id),
            line integer NOT NULL,
            sku text NOT NULL,
            quantity integer NOT NULL,
            price numeric(12,4) NOT NULL,
            note text,
            PRIMARY KEY (order_id, line)
          )
          """);

  private Shop() {}

  static List<Table> monolith() {
    return List.of(
        table(
            "customer",
            "customers",
            1,
            false,
            column("id", "customer_no", LONG),
            column("name", "full_name", TEXT),
            column("email", "email", TEXT),
            column("credit", "credit", DECIMAL),
            column("vip", "vip", BOOL),
            column("note", "remark", TEXT),
            column("registered_at", "registered", INSTANT)),
        table(
            "order",
            "orders",
            1,
            false,
            column("id", "order_no", LONG),
            column("customer_id", "customer_no", LONG),
            column("status", "status", TEXT),
            column("total", "total", DECIMAL),
            column("placed_at", "placed", INSTANT),
            column("note", "remark", TEXT)),
        table(
            "order_line",
            "order_lines",
            2,
            false,
            column("order_id", "order_no", LONG),
            column("line", "line_no", LONG),
            column("sku", "sku", TEXT),
            column("quantity", "quantity", LONG),
            column("price", "price", DECIMAL),
            column("note", "remark", TEXT)));
  }

  static List<Table> service() {
    return List.of(
        table(
            "customer",
            "customer",
            1,
            true,
            column("id", "id", LONG),
            column("name", "name", TEXT),
            column("email", "email", TEXT),
            column("credit", "credit_limit", DECIMAL),
            column("vip", "is_vip", BOOL),
            column("note", "note", TEXT),
            column("registered_at", "registered_at", INSTANT)),
        table(
            "order",
            "\"order\"",
            1,
            true,
            column("id", "id", LONG),
            column("customer_id", "customer_id", LONG),
            column("status", "state", TEXT),
            column("total", "total", DECIMAL),
            column("placed_at", "placed_at", INSTANT),
            column("note", "note", TEXT)),
        table(
            "order_line",
            "order_line",
            2,
            true,
            column("order_id", "order_id", LONG),
            column("line", "line", LONG),
            column("sku", "sku", TEXT),
            column("quantity", "quantity", LONG),
            column("price", "price", DECIMAL),
            column("note", "note", TEXT)));
  }

  static void create(Connection connection, List<String> ddl) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : ddl) {
        statement.execute(sql);
      }
    }
  }

  private static Table table(
      String entity, String name, int keySize, boolean postgres, Column... columns) {
    return new Table(entity, name, List.of(columns), keySize, postgres);
  }

  private static Column column(String field, String name, ColumnType type) {
    return new Column(field, name, type);
  }
}
