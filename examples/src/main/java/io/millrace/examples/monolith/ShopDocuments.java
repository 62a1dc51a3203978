package io.millrace.examples.monolith;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bson.Document;
import org.bson.types.Decimal128;
import org.jspecify.annotations.Nullable;

/** The monolith's documents, and the shared fields in them as text. */
final class ShopDocuments {
  static final String CUSTOMERS = "customers";
  static final String ORDERS = "orders";
  static final List<String> COLLECTIONS = List.of(CUSTOMERS, ORDERS);

  /** The field of an order that holds its lines. */
  static final String LINES = "lines";

  /** The document in a customer that holds the e-mail address. */
  static final String CONTACT = "contact";

  private ShopDocuments() {}

  static Map<String, @Nullable String> customer(Document document) {
    Map<String, @Nullable String> row = new LinkedHashMap<>();
    row.put("id", text(document.get("_id")));
    row.put("name", text(document.get("fullName")));
    Document contact = document.get(CONTACT, Document.class);
    row.put("email", contact == null ? null : text(contact.get("email")));
    row.put("credit", text(document.get("credit")));
    row.put("vip", text(document.get("vip")));
    row.put("note", text(document.get("remark")));
    row.put("registered_at", text(document.get("registered")));
    return row;
  }

  static Map<String, @Nullable String> order(Document document) {
    Map<String, @Nullable String> row = new LinkedHashMap<>();
    row.put("id", text(document.get("_id")));
    row.put("customer_id", text(document.get("customerNo")));
    row.put("status", text(document.get("status")));
    row.put("total", text(document.get("total")));
    row.put("placed_at", text(document.get("placed")));
    row.put("note", text(document.get("remark")));
    return row;
  }

  static Map<String, @Nullable String> line(String order, Document line) {
    Map<String, @Nullable String> row = new LinkedHashMap<>();
    row.put("order_id", order);
    for (String field : List.of("line", "sku", "quantity", "price", "note")) {
      row.put(field, text(line.get(field)));
    }
    return row;
  }

  static List<Document> lines(Document order) {
    return Objects.requireNonNullElse(order.getList(LINES, Document.class), List.of());
  }

  /** All lines as one text, which is what an event of the order says of them. */
  static String lineText(List<Map<String, @Nullable String>> lines) {
    List<Map<String, @Nullable String>> sorted = new ArrayList<>(lines);
    sorted.sort(Comparator.comparing(line -> Integer.parseInt(String.valueOf(line.get("line")))));
    StringBuilder text = new StringBuilder();
    for (Map<String, @Nullable String> line : sorted) {
      for (String field : List.of("line", "sku", "quantity", "price", "note")) {
        text.append(line.get(field)).append('|');
      }
    }
    return text.toString();
  }

  /** Where a shared field lies in the document; line fields lie in their element as they are. */
  static String path(String entity, String field) {
    return switch (entity + "." + field) {
      case "customer.id", "order.id" -> "_id";
      case "customer.name" -> "fullName";
      case "customer.email" -> CONTACT + ".email";
      case "customer.note", "order.note" -> "remark";
      case "customer.registered_at" -> "registered";
      case "order.customer_id" -> "customerNo";
      case "order.placed_at" -> "placed";
      default -> field;
    };
  }

  /** The value that stands in the document for a text. */
  static @Nullable Object value(String field, @Nullable String text) {
    if (text == null) {
      return null;
    }
    return switch (field) {
      case "id", "customer_id", "order_id" -> Long.parseLong(text);
      case "line", "quantity" -> Integer.parseInt(text);
      case "credit", "total", "price" -> new Decimal128(new BigDecimal(text));
      case "vip" -> text.equals("1");
      case "registered_at", "placed_at" -> Date.from(Instant.parse(text));
      default -> text;
    };
  }

  private static @Nullable String text(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    if (value instanceof Decimal128 decimal) {
      return ColumnType.decimal(decimal.bigDecimalValue());
    }
    if (value instanceof Boolean truth) {
      return truth ? "1" : "0";
    }
    if (value instanceof Date date) {
      return ColumnType.instant(date.toInstant());
    }
    return value.toString();
  }
}
