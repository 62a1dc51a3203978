package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.Row;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** That a state which shares text with the one before is read as if it were the first. */
final class RowShapeTest {
  private static final int STATES = 30_000;

  private static final Map<String, PgType> COLUMNS = new LinkedHashMap<>();

  static {
    COLUMNS.put("id", PgType.scalar("int8", false));
    COLUMNS.put("a,b:{}", PgType.scalar("text", false));
    COLUMNS.put("größe", PgType.scalar("numeric", false));
    COLUMNS.put("doc", PgType.scalar("json", false));
    COLUMNS.put("list", PgType.array("_text", PgType.scalar("text", false)));
    COLUMNS.put("at", PgType.scalar("timestamptz", false));
    COLUMNS.put("day", PgType.scalar("timestamp", false));
    COLUMNS.put("paid", PgType.scalar("bool", false));
  }

  private static final String[][] VALUES = {
    {"1", "12", "123", "-12", "9223372036854775807", "-9223372036854775808", "null"},
    {"\"\"", "\"a\"", "\"ab\"", "\"a\\\"b\"", "\"a\\\\\"", "\"ü,}\"", "\"\\u0041\"", "null"},
    {"1", "1.0", "1.00", "10", "\"NaN\"", "null"},
    {"{}", "{\"a\": 1}", " {\"a\":1} ", "[1,2]", "\"}\"", "1", "12 ", "null"},
    {"[]", "[\"a\"]", "[\"a\",null]", "[\"]\",\"}\"]", "null"},
    {
      "\"2026-01-01T00:00:00+00:00\"",
      "\"2026-01-01T00:00:00.5+00:00\"",
      "\"2026-01-01T00:00:00.500001-05:30\"",
      "\"2026-02-30T00:00:00+00:00\"",
      "\"0044-03-15T00:00:00+00 BC\"",
      "\"10000-01-01T00:00:00+00:00\"",
      "\"infinity\"",
      "null"
    },
    {"\"2026-01-01T00:00:00\"", "\"2026-01-01T00:00:00.123456\"", "\"-infinity\"", "null"},
    {"true", "false", "null"},
  };

  @Test
  void what_stood_in_the_state_before_changes_nothing() {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    System.out.println("RowShapeTest seed " + seed);
    Random random = new Random(seed);
    RowShape shape = shape();
    String[] state = new String[VALUES.length];
    for (int column = 0; column < state.length; column++) {
      state[column] = any(random, column);
    }
    for (int i = 0; i < STATES; i++) {
      for (int changes = random.nextInt(4); changes > 0; changes--) {
        int column = random.nextInt(state.length);
        state[column] = any(random, column);
      }
      byte[] text = text(state);
      Row alone = shape().read(text);
      assertThat(alone).isNotNull();
      assertThat(shape.read(text)).as("%s, seed %s", text(state), seed).isEqualTo(alone);
      assertThat(shape.read(cut(text, random))).isNull();
    }
  }

  @Test
  void values_are_read_as_the_server_meant_them() {
    RowShape shape = shape();
    Row row =
        shape.read(
            text(
                new String[] {
                  "-9223372036854775808",
                  "\"a\\\"b\"",
                  "1.0",
                  " {\"a\":1} ",
                  "[\"]\",null]",
                  "\"2026-01-01T00:00:00.500001-05:30\"",
                  "\"2026-01-01T00:00:00.123456\"",
                  "true"
                }));
    assertThat(row)
        .hasToString(
            "{id=-9223372036854775808, a,b:{}='a\"b', größe=1.0, doc={\"a\":1}, list=[']', null],"
                + " at=2026-01-01T05:30:00.500001Z, day=2026-01-01T00:00:00.123456, paid=true}");
  }

  @Test
  void a_moment_that_is_not_of_the_usual_form_is_read_all_the_same() {
    String[] texts = {
      "\"2026-01-01T00:00:00+00\"",
      "\"2026-01-01T00:00:00+01:02:03\"",
      "\"0044-03-15T12:00:00+00 BC\"",
      "\"10000-01-01T00:00:00+00:00\"",
      "\"2026-13-01T00:00:00+00:00\"",
      "\"2026-01-01T00:00:00\"",
      "\"infinity\"",
    };
    String found =
        Arrays.stream(texts)
            .map(
                text -> {
                  JsonText json = new JsonText(text.getBytes(StandardCharsets.UTF_8));
                  PgType type = PgType.scalar("timestamptz", false);
                  return PostgresValues.decode(type, json, 0, text.length());
                })
            .map(value -> value.kind() + " " + value)
            .collect(Collectors.joining("\n"));
    assertThat(found)
        .isEqualTo(
            """
            TIMESTAMP 2026-01-01T00:00:00Z
            TIMESTAMP 2025-12-31T22:57:57Z
            TIMESTAMP -0043-03-15T12:00:00Z
            TIMESTAMP +10000-01-01T00:00:00Z
            RAW postgres:timestamptz:2026-13-01T00:00:00+00:00
            RAW postgres:timestamptz:2026-01-01T00:00:00
            RAW postgres:timestamptz:infinity""");
  }

  private static RowShape shape() {
    TableLayout layout = new TableLayout(1, COLUMNS, List.of(), List.of("id"), Optional.empty());
    RowShape shape = RowShape.of(new TableOptions("public", "item").toTable(), layout);
    assertThat(shape).isNotNull();
    return shape;
  }

  private static String any(Random random, int column) {
    String[] values = VALUES[column];
    return values[random.nextInt(values.length)];
  }

  private static byte[] text(String[] values) {
    StringBuilder text = new StringBuilder();
    int column = 0;
    for (String name : COLUMNS.keySet()) {
      text.append(column == 0 ? "{\"" : ",\"").append(name).append("\":").append(values[column++]);
    }
    return text.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }

  /** The same with a byte of a name changed, which makes it another table's. */
  private static byte[] cut(byte[] text, Random random) {
    byte[] other = text.clone();
    String whole = new String(text, StandardCharsets.ISO_8859_1);
    String name = random.nextBoolean() ? ",\"doc\":" : ",\"paid\":";
    other[whole.indexOf(name) + 3] = '!';
    return other;
  }
}
