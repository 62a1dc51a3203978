package io.millrace.examples.copy;

import static io.millrace.examples.monolith.ColumnType.BYTES;
import static io.millrace.examples.monolith.ColumnType.DATE;
import static io.millrace.examples.monolith.ColumnType.DECIMAL;
import static io.millrace.examples.monolith.ColumnType.INSTANT;
import static io.millrace.examples.monolith.ColumnType.LONG;
import static io.millrace.examples.monolith.ColumnType.TEXT;

import io.millrace.examples.monolith.ColumnType;
import io.millrace.examples.monolith.Table;
import io.millrace.examples.monolith.Table.Column;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Both databases' tables, which overlap in every way: columns of the source alone, of the target
 * alone, of both, of another name, of another type, filled otherwise; and a table of either that
 * the other lacks.
 */
final class CopiedTables {
  static final List<String> SOURCE_DDL =
      List.of(
          """
          CREATE TABLE customer (
            id BIGINT NOT NULL PRIMARY KEY,
            name VARCHAR(200) NOT NULL,
            city VARCHAR(100) CHARACTER SET latin1 NOT NULL,
            country CHAR(2) NOT NULL,
            email VARCHAR(200) NULL,
            card VARCHAR(40) NULL,
            password VARCHAR(100) NOT NULL,
            credit DECIMAL(12,2) NOT NULL,
            born DATE NULL,
            visits INT UNSIGNED NOT NULL,
            token BINARY(8) NULL,
            changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          """
          CREATE TABLE article (
            sku VARCHAR(40) COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY,
            serial BIGINT NOT NULL UNIQUE,
            label ENUM('plain','with "quotes"','naïve, with a comma') NOT NULL,
            tags SET('new','sale','größer') NOT NULL,
            price DECIMAL(20,6) NOT NULL,
            details JSON NULL,
            supplier_name VARCHAR(100) NOT NULL,
            supplier_price DECIMAL(20,6) NOT NULL
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          """
          CREATE TABLE stock (
            note TEXT NULL,
            sku VARCHAR(40) NOT NULL,
            warehouse INT NOT NULL,
            reserved INT NOT NULL,
            quantity BIGINT UNSIGNED NOT NULL,
            PRIMARY KEY (warehouse, sku)
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          """
          CREATE TABLE orders (
            order_no BIGINT NOT NULL PRIMARY KEY,
            customer_no BIGINT NOT NULL,
            status ENUM('draft','placed','paid','cancelled') NOT NULL,
            total DECIMAL(12,2) NOT NULL,
            placed DATETIME(6) NOT NULL,
            note TEXT NULL
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          "CREATE TABLE audit_trail (id BIGINT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(200) NOT NULL)",
          """
          CREATE TABLE journal (
            n BIGINT AUTO_INCREMENT PRIMARY KEY,
            micros BIGINT NOT NULL,
            line LONGTEXT NOT NULL
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """);

  static final List<String> TARGET_DDL =
      List.of(
          """
          CREATE TABLE client (
            client_no BIGINT NOT NULL PRIMARY KEY,
            score INT NOT NULL DEFAULT 0,
            name VARCHAR(200) NOT NULL,
            city VARCHAR(100) NOT NULL,
            email_hash CHAR(64) NULL,
            card VARCHAR(10) NULL,
            credit VARCHAR(30) NOT NULL,
            born DATETIME NULL,
            visits BIGINT NOT NULL,
            token VARBINARY(16) NULL,
            changed_at DATETIME(6) NOT NULL
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          """
          CREATE TABLE item (
            sku VARCHAR(40) NOT NULL PRIMARY KEY,
            serial BIGINT NOT NULL UNIQUE,
            kind VARCHAR(40) NOT NULL,
            tags TEXT NOT NULL,
            price DECIMAL(24,8) NOT NULL,
            details LONGTEXT NULL,
            shelf INT NOT NULL DEFAULT 0
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          """
          CREATE TABLE stock (
            warehouse INT NOT NULL,
            sku VARCHAR(40) NOT NULL,
            quantity DECIMAL(20,0) NOT NULL,
            note TEXT NULL,
            PRIMARY KEY (warehouse, sku)
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          """
          CREATE TABLE sales_order (
            id BIGINT NOT NULL PRIMARY KEY,
            client_no BIGINT NOT NULL,
            state VARCHAR(20) NOT NULL,
            total DECIMAL(14,4) NOT NULL,
            placed TIMESTAMP(6) NULL,
            note LONGTEXT NULL
          ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
          """,
          "CREATE TABLE report (id BIGINT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(200) NOT NULL)");

  static final CopiedTable CUSTOMER =
      new CopiedTable(
          table(
              "customer",
              "customer",
              1,
              same("id", LONG),
              same("name", TEXT),
              same("city", TEXT),
              same("country", TEXT),
              same("email", TEXT),
              same("card", TEXT),
              same("password", TEXT),
              same("credit", DECIMAL),
              same("born", DATE),
              same("visits", LONG),
              same("token", BYTES),
              same("changed", INSTANT)),
          table(
              "customer",
              "client",
              1,
              column("id", "client_no", LONG),
              same("name", TEXT),
              same("city", TEXT),
              column("email", "email_hash", TEXT),
              same("card", TEXT),
              same("credit", DECIMAL),
              same("born", DATE),
              same("visits", LONG),
              same("token", BYTES),
              column("changed", "changed_at", INSTANT)),
          Set.of("password"),
          row -> Set.of("DE", "FR").contains(String.valueOf(row.get("country"))),
          Map.of("email", CopiedTables::hash, "card", card -> "***"));

  static final CopiedTable ARTICLE =
      new CopiedTable(
          table(
              "article",
              "article",
              1,
              same("sku", TEXT),
              same("serial", LONG),
              column("kind", "label", TEXT),
              same("tags", TEXT),
              same("price", DECIMAL),
              same("details", TEXT),
              same("supplier_name", TEXT),
              same("supplier_price", DECIMAL)),
          table(
              "article",
              "item",
              1,
              same("sku", TEXT),
              same("serial", LONG),
              same("kind", TEXT),
              same("tags", TEXT),
              same("price", DECIMAL),
              same("details", TEXT)),
          Set.of("supplier_name", "supplier_price"),
          row -> true,
          Map.of());

  static final CopiedTable STOCK =
      new CopiedTable(
          table(
              "stock",
              "stock",
              2,
              same("warehouse", LONG),
              same("sku", TEXT),
              same("quantity", DECIMAL),
              same("note", TEXT),
              same("reserved", LONG)),
          table(
              "stock",
              "stock",
              2,
              same("warehouse", LONG),
              same("sku", TEXT),
              same("quantity", DECIMAL),
              same("note", TEXT)),
          Set.of("reserved"),
          row -> true,
          Map.of());

  static final CopiedTable ORDER =
      new CopiedTable(
          table(
              "order",
              "orders",
              1,
              column("id", "order_no", LONG),
              same("customer_no", LONG),
              same("status", TEXT),
              same("total", DECIMAL),
              same("placed", INSTANT),
              same("note", TEXT)),
          table(
              "order",
              "sales_order",
              1,
              same("id", LONG),
              column("customer_no", "client_no", LONG),
              column("status", "state", TEXT),
              same("total", DECIMAL),
              same("placed", INSTANT),
              same("note", TEXT)),
          Set.of(),
          row -> !"draft".equals(row.get("status")),
          Map.of());

  static final List<CopiedTable> ALL = List.of(CUSTOMER, ARTICLE, STOCK, ORDER);

  private CopiedTables() {}

  /** HMAC-SHA-256 in hexadecimal digits. */
  private static String hash(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Copy.PEPPER.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Table table(String entity, String name, int keySize, Column... columns) {
    return new Table(entity, name, List.of(columns), keySize, false);
  }

  private static Column same(String name, ColumnType type) {
    return new Column(name, name, type);
  }

  private static Column column(String field, String name, ColumnType type) {
    return new Column(field, name, type);
  }
}
