package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.testkit.Database;
import java.math.BigInteger;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random rows: the event says what the server answers when it is asked over JDBC. */
abstract class BinlogRandomRowsContract {
  private static final int ROWS = 60;
  private static final Pattern TIME = Pattern.compile("(.*\\d\\d:\\d\\d:\\d\\d)(?:\\.(\\d+))?");

  private final TestFlavour flavour;

  BinlogRandomRowsContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  /**
   * A column's type.
   *
   * @param draw a value, as text or bytes
   * @param asked the expression that prints it, {@code %s} for the column
   */
  private record Type(String declared, Function<Random, Object> draw, String asked) {}

  private List<Type> types() {
    List<Type> types = new ArrayList<>();
    for (int bytes : new int[] {1, 2, 3, 4, 8}) {
      String name =
          List.of("tinyint", "smallint", "mediumint", "int", "", "", "", "bigint").get(bytes - 1);
      types.add(new Type(name, r -> integer(r, bytes, true), "%s"));
      types.add(new Type(name + " unsigned", r -> integer(r, bytes, false), "%s"));
    }
    for (int[] size : new int[][] {{65, 30}, {65, 0}, {9, 9}, {10, 3}, {18, 9}, {1, 0}, {38, 17}}) {
      types.add(
          new Type(
              "decimal(" + size[0] + "," + size[1] + ")",
              r -> decimal(r, size[0], size[1]),
              "cast(%s as char)"));
    }
    types.add(new Type("float", r -> Float.toString((float) number(r)), "%s + 0e0"));
    types.add(new Type("double", r -> Double.toString(number(r)), "%s"));
    for (int length = 1; length <= 64; length++) {
      int bits = length;
      types.add(new Type("bit(" + bits + ")", r -> new BigInteger(bits, r).toString(), "%s + 0"));
    }
    for (int digits = 0; digits <= 6; digits++) {
      int count = digits;
      types.add(new Type("time(" + digits + ")", r -> time(r, count), "cast(%s as char)"));
      types.add(new Type("datetime(" + digits + ")", r -> moment(r, count), "cast(%s as char)"));
      types.add(
          new Type("timestamp(" + digits + ") null", r -> instant(r, count), "cast(%s as char)"));
    }
    types.add(new Type("date", r -> moment(r, 0).substring(0, 10), "cast(%s as char)"));
    types.add(new Type("year", r -> Integer.toString(1901 + r.nextInt(255)), "%s + 0"));
    charset(types, "latin1", "windows-1252", 40);
    charset(types, "utf8mb4", "UTF-8", 70);
    charset(types, "utf8mb3", "UTF-8", 300);
    charset(types, "utf16", "UTF-16BE", 20);
    charset(types, "cp1251", "windows-1251", 20);
    charset(types, "latin2", "ISO-8859-2", 20);
    types.add(new Type("text character set utf8mb4", r -> text(r, "UTF-8", 500), "%s"));
    types.add(new Type("binary(7)", r -> bytes(r, 7), "hex(%s)"));
    types.add(new Type("binary(255)", r -> bytes(r, 255), "hex(%s)"));
    types.add(new Type("varbinary(300)", r -> bytes(r, 300), "hex(%s)"));
    types.add(new Type("mediumblob", r -> bytes(r, 2000), "hex(%s)"));
    types.add(
        new Type(
            "enum('a','b','ü','d e')", r -> List.of("a", "b", "ü", "d e").get(r.nextInt(4)), "%s"));
    types.add(
        new Type(
            "set('p','q','ß')", r -> List.of("", "p", "q,ß", "p,q,ß").get(r.nextInt(4)), "%s"));
    types.add(new Type("json", BinlogRandomRowsContract::json, "cast(%s as char)"));
    if (flavour == TestFlavour.MARIADB) {
      types.add(
          new Type(
              "uuid", r -> new UUID(r.nextLong(), r.nextLong()).toString(), "cast(%s as char)"));
      types.add(
          new Type("inet4", r -> HexFormat.of().formatHex(bytes(r, 4, 4)), "cast(%s as char)"));
      types.add(new Type("inet6", BinlogRandomRowsContract::address, "cast(%s as char)"));
    }
    types.replaceAll(
        type ->
            type.declared.equals("inet4")
                ? new Type("inet4", r -> dotted(bytes(r, 4, 4)), type.asked)
                : type);
    return types;
  }

  @Test
  void every_event_says_what_the_server_answers() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<Type> types = types();
    Database database = flavour.shared().createDatabase("random");
    StringBuilder columns = new StringBuilder("id int primary key");
    for (int i = 0; i < types.size(); i++) {
      columns.append(", c").append(i).append(' ').append(types.get(i).declared);
    }
    database.execute("create table t (" + columns + ") row_format = dynamic");
    MySqlSource source = TestFlavour.builder(database).capture(database.name() + ".t").build();
    source.registration().install();
    try (Reading reading = Reading.start(source);
        Connection connection = database.connect()) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("set sql_mode = ''");
        statement.execute("set time_zone = '+00:00'");
      }
      for (int row = 0; row < ROWS; row++) {
        String where = "seed " + seed + ", row " + row;
        write(connection, insert(types), types, random, row);
        List<@Nullable String> first = ask(connection, types, row);
        write(connection, update(types), types, random, row);
        List<@Nullable String> second = ask(connection, types, row);
        database.execute("delete from t where id = " + row);
        boolean changes = !first.equals(second);
        List<ChangeEvent> events = reading.read(changes ? 3 : 2);
        assertThat(texts(events.get(0).newValue())).as(where).isEqualTo(first);
        if (changes) {
          assertThat(texts(events.get(1).oldValue())).as(where).isEqualTo(first);
          assertThat(texts(events.get(1).newValue())).as(where).isEqualTo(second);
          assertThat(events.get(1).changedFields()).as(where).containsAll(differing(first, second));
        }
        assertThat(texts(events.get(events.size() - 1).oldValue())).as(where).isEqualTo(second);
      }
    }
    database.drop();
  }

  private static String insert(List<Type> types) {
    return "insert into t values (?" + ", ?".repeat(types.size()) + ")";
  }

  private static String update(List<Type> types) {
    StringBuilder sql = new StringBuilder("update t set id = ?");
    for (int i = 0; i < types.size(); i++) {
      sql.append(", c").append(i).append(" = ?");
    }
    return sql + " where id = ?";
  }

  private static void write(
      Connection connection, String sql, List<Type> types, Random random, int row)
      throws Exception {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, row);
      for (int i = 0; i < types.size(); i++) {
        Object value = random.nextInt(8) == 0 ? null : types.get(i).draw.apply(random);
        if (value instanceof byte[] bytes) {
          statement.setBytes(i + 2, bytes);
        } else if (types.get(i).declared.startsWith("bit")) {
          statement.setBigDecimal(
              i + 2, value == null ? null : new java.math.BigDecimal((String) value));
        } else {
          statement.setString(i + 2, (String) value);
        }
      }
      if (sql.startsWith("update")) {
        statement.setInt(types.size() + 2, row);
      }
      statement.executeUpdate();
    }
  }

  private static List<@Nullable String> ask(Connection connection, List<Type> types, int row)
      throws Exception {
    StringBuilder sql = new StringBuilder("select id");
    for (int i = 0; i < types.size(); i++) {
      sql.append(", ").append(types.get(i).asked.replace("%s", "c" + i));
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql + " from t where id = " + row)) {
      rows.next();
      List<@Nullable String> texts = new ArrayList<>();
      for (int i = 0; i < types.size(); i++) {
        String text = rows.getString(i + 2);
        String declared = types.get(i).declared;
        if (text != null && declared.equals("float")) {
          text = Float.toString((float) rows.getDouble(i + 2));
        } else if (text != null && declared.equals("double")) {
          text = Double.toString(rows.getDouble(i + 2));
        } else if (text != null && declared.matches("(date)?time.*")) {
          text = padded(text);
        }
        texts.add(text);
      }
      return texts;
    }
  }

  private static List<@Nullable String> texts(@Nullable Row row) {
    Row given = Objects.requireNonNull(row);
    List<@Nullable String> texts = new ArrayList<>();
    for (int i = 1; i < given.size(); i++) {
      texts.add(text(given.value(i)));
    }
    return texts;
  }

  private static @Nullable String text(Value value) {
    return switch (value.kind()) {
      case NULL -> null;
      case STRING -> ((Value.StringValue) value).value();
      case BYTES -> HexFormat.of().withUpperCase().formatHex(((Value.BytesValue) value).value());
      case TIME -> padded(value.toString());
      case RAW -> padded(((Value.RawValue) value).text());
      case DATETIME -> iso(((Value.DateTimeValue) value).toLocalDateTime());
      case TIMESTAMP ->
          iso(
              ((Value.TimestampValue) value)
                  .toInstant()
                  .atOffset(ZoneOffset.UTC)
                  .toLocalDateTime());
      default -> value.toString();
    };
  }

  private static String iso(java.time.LocalDateTime time) {
    return time.format(
        java.time.format.DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT));
  }

  /** With six digits behind the seconds. */
  private static String padded(String text) {
    Matcher matcher = TIME.matcher(text);
    if (!matcher.matches()) {
      return text;
    }
    String digits = matcher.group(2) == null ? "" : matcher.group(2);
    return matcher.group(1) + "." + (digits + "000000").substring(0, 6);
  }

  private static List<String> differing(
      List<@Nullable String> first, List<@Nullable String> second) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < first.size(); i++) {
      if (!Objects.equals(first.get(i), second.get(i))) {
        names.add("c" + i);
      }
    }
    return names;
  }

  private static String integer(Random random, int bytes, boolean signed) {
    BigInteger value = new BigInteger(random.nextBoolean() ? 8 * bytes : 5, random);
    BigInteger half = BigInteger.ONE.shiftLeft(8 * bytes - 1);
    return (signed
            ? value.subtract(half).max(half.negate()).min(half.subtract(BigInteger.ONE))
            : value)
        .toString();
  }

  private static String decimal(Random random, int precision, int scale) {
    int digits = 1 + random.nextInt(precision);
    BigInteger unscaled = new BigInteger(3 * digits, random).mod(BigInteger.TEN.pow(digits));
    String text = new java.math.BigDecimal(unscaled, scale).toPlainString();
    return random.nextBoolean() ? "-" + text : text;
  }

  private static double number(Random random) {
    return (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(60) - 30);
  }

  private static String fraction(Random random, int digits) {
    return digits == 0
        ? ""
        : "." + String.format(Locale.ROOT, "%06d", random.nextInt(1_000_000)).substring(0, digits);
  }

  private static String time(Random random, int digits) {
    return (random.nextBoolean() ? "-" : "")
        + String.format(
            Locale.ROOT,
            "%02d:%02d:%02d",
            random.nextInt(838),
            random.nextInt(60),
            random.nextInt(60))
        + fraction(random, digits);
  }

  private static String moment(Random random, int digits) {
    if (random.nextInt(10) == 0) {
      return "0000-00-00 00:00:00";
    }
    return String.format(
            Locale.ROOT,
            "%04d-%02d-%02d %02d:%02d:%02d",
            random.nextBoolean() ? 1 + random.nextInt(9999) : 2000 + random.nextInt(40),
            1 + random.nextInt(12),
            1 + random.nextInt(28),
            random.nextInt(24),
            random.nextInt(60),
            random.nextInt(60))
        + fraction(random, digits);
  }

  private static String instant(Random random, int digits) {
    java.time.LocalDateTime time =
        java.time.LocalDateTime.ofEpochSecond(
            1 + random.nextInt(Integer.MAX_VALUE - 1), 0, ZoneOffset.UTC);
    return time.toString().replace('T', ' ')
        + (time.getSecond() == 0 ? ":00" : "")
        + fraction(random, digits);
  }

  private static void charset(List<Type> types, String name, String java, int length) {
    String declared = length > 255 ? "varchar" : "char";
    types.add(
        new Type(
            declared + "(" + length + ") character set " + name, r -> text(r, java, length), "%s"));
    types.add(
        new Type(
            "varchar(" + length + ") character set " + name, r -> text(r, java, length), "%s"));
  }

  /** Without blanks at the end, which CHAR does not keep. */
  private static String text(Random random, String charset, int most) {
    CharsetEncoder encoder = Charset.forName(charset).newEncoder();
    boolean wide = !charset.startsWith("windows") && !charset.startsWith("ISO");
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(most + 1);
    for (int i = 0; i < length; i++) {
      char c =
          (char)
              (random.nextInt(3) == 0
                  ? 0xa0 + random.nextInt(wide ? 0x2000 : 0x400)
                  : 33 + random.nextInt(90));
      text.append(encoder.canEncode(c) ? c : '?');
    }
    return text.toString();
  }

  private static byte[] bytes(Random random, int most) {
    return bytes(random, random.nextInt(most + 1), most);
  }

  private static byte[] bytes(Random random, int length, int most) {
    byte[] bytes = new byte[Math.min(length, most)];
    random.nextBytes(bytes);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = random.nextInt(3) == 0 ? 0 : bytes[i];
    }
    return bytes;
  }

  private static String dotted(byte[] bytes) {
    return (bytes[0] & 0xff)
        + "."
        + (bytes[1] & 0xff)
        + "."
        + (bytes[2] & 0xff)
        + "."
        + (bytes[3] & 0xff);
  }

  private static String address(Random random) {
    StringBuilder text = new StringBuilder();
    int zeros = random.nextInt(9);
    for (int i = 0; i < 8; i++) {
      int word = i < zeros && random.nextInt(5) > 0 ? 0 : random.nextInt(65536);
      text.append(i == 0 ? "" : ":")
          .append(Integer.toHexString(i == 5 && random.nextInt(4) == 0 ? 0xffff : word));
    }
    return text.toString();
  }

  /** Any value in any other, with empty names, numbers of every width, and texts that escape. */
  private static String nested(Random random, int depth) {
    int kind = random.nextInt(depth == 0 ? 5 : 7);
    StringBuilder text = new StringBuilder();
    switch (kind) {
      case 0 -> text.append(random.nextLong() >> random.nextInt(64));
      case 1 -> text.append(Long.toUnsignedString(random.nextLong()));
      case 2 -> text.append(number(random));
      case 3 -> text.append(List.of("true", "false", "null").get(random.nextInt(3)));
      case 4 -> text.append('"').append("ж\\t\\\\😀".repeat(random.nextInt(40))).append('"');
      default -> {
        text.append(kind == 5 ? '[' : '{');
        int size = random.nextInt(6);
        for (int i = 0; i < size; i++) {
          text.append(i == 0 ? "" : ", ");
          if (kind == 6) {
            text.append('"').append("é".repeat(i)).append("\": ");
          }
          text.append(nested(random, depth - 1));
        }
        text.append(kind == 5 ? ']' : '}');
      }
    }
    return text.toString();
  }

  private static String json(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> Long.toString(random.nextLong());
      case 3 -> nested(random, 4);
      case 1 -> "[" + random.nextInt() + ", " + random.nextDouble() + ", true, null]";
      case 2 -> "\"" + "é\\n\\\"x".repeat(random.nextInt(30)) + "\"";
      default ->
          "{\"b\": {\"n\": "
              + random.nextInt(70000)
              + "}, \"key\": [], \"a\": \""
              + "y".repeat(random.nextInt(300))
              + "\"}";
    };
  }
}
