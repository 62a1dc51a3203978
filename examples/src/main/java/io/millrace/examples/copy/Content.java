package io.millrace.examples.copy;

import io.millrace.examples.monolith.ColumnType;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Random rows for the source: awkward text, exact numbers, bytes that end in zero. */
final class Content {
  private static final List<String> WORDS =
      List.of(
          "李小龍",
          "O'Neil",
          "\"quoted\"",
          "🚚 truck",
          "back\\slash",
          "tab\tstop",
          "line\nbreak",
          "% _",
          "",
          " ");
  private static final List<String> CITIES =
      List.of("Köln", "Orléans", "Málaga", "€uropolis", "“Quotes”", "Oviedo");
  private static final List<String> KINDS =
      List.of("plain", "with \"quotes\"", "naïve, with a comma");
  private static final List<String> TAGS = List.of("", "new", "sale,größer", "new,sale,größer");
  private static final List<String> STATUSES = List.of("draft", "placed", "paid", "cancelled");

  private final Random random;

  Content(Random random) {
    this.random = random;
  }

  /** A row, but for the fields that are given. */
  Map<String, @Nullable String> row(CopiedTable table, Map<String, String> given) {
    Map<String, @Nullable String> row = new LinkedHashMap<>();
    table.source().columns().forEach(column -> row.put(column.field(), of(column.field())));
    row.putAll(given);
    return row;
  }

  @Nullable String of(String field) {
    return switch (field) {
      case "city" -> pick(CITIES);
      case "country" -> pick(List.of("DE", "FR", "DE", "FR", "US", "CH"));
      case "kind" -> pick(KINDS);
      case "tags" -> pick(TAGS);
      case "status" -> pick(STATUSES);
      case "born" ->
          seldom() ? null : LocalDate.of(1900, 1, 1).plusDays(random.nextInt(40_000)).toString();
      case "token" -> seldom() ? null : bytes();
      case "email" -> seldom() ? null : "user" + random.nextInt(1000) + "@example.org";
      case "card" -> seldom() ? null : "4000-" + random.nextInt(10_000);
      case "note" -> seldom() ? null : text();
      case "details" -> seldom() ? null : document();
      case "credit", "total" -> decimal(2);
      case "price", "supplier_price" -> decimal(6);
      case "visits" -> Long.toString(random.nextLong(1L << 32));
      case "quantity" ->
          random.nextInt(4) == 0 ? "18446744073709551615" : Integer.toString(random.nextInt(100));
      case "changed", "placed" -> instant();
      case "id", "customer_no", "serial", "warehouse", "reserved" ->
          Integer.toString(random.nextInt(1000));
      default -> text();
    };
  }

  private boolean seldom() {
    return random.nextInt(5) == 0;
  }

  private String pick(List<String> words) {
    return words.get(random.nextInt(words.size()));
  }

  private String text() {
    return pick(WORDS) + random.nextInt(10_000);
  }

  private String bytes() {
    byte[] bytes = new byte[8];
    random.nextBytes(bytes);
    bytes[7] = 0;
    return HexFormat.of().formatHex(bytes);
  }

  /** As MySQL prints it: short keys first, a blank after each colon and comma. */
  private String document() {
    return "{\"w\": %d, \"list\": [1, \"%s\", null], \"größe\": \"%s\"}"
        .formatted(random.nextInt(100), pick(List.of("a", "Žofie", "")), pick(CITIES));
  }

  private String decimal(int scale) {
    return ColumnType.decimal(BigDecimal.valueOf(random.nextInt(20_000_000) - 1_000_000L, scale));
  }

  /** 2001 to 2036, within TIMESTAMP. */
  private String instant() {
    long second = 1_000_000_000L + random.nextInt(1_100_000_000);
    return ColumnType.instant(Instant.ofEpochSecond(second, random.nextInt(1_000_000) * 1000L));
  }
}
