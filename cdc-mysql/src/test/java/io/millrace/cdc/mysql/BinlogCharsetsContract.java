package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.testkit.Database;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every character of every character set that the server has, under the collation it is stored
 * with: the event says what the server makes of the bytes itself.
 */
abstract class BinlogCharsetsContract {
  private static final String UNKNOWN = "EFBFBD";
  private static final int CODES_A_ROW = 500;

  private final TestFlavour flavour;

  BinlogCharsetsContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  /** Rows of codes in one character set, and the text that the server sees in them. */
  private record Codes(StringBuilder hex, StringBuilder text) {
    static Codes none() {
      return new Codes(new StringBuilder(), new StringBuilder());
    }
  }

  @Test
  void every_character_of_every_character_set_is_read_as_the_server_reads_it() throws Exception {
    Database database = flavour.shared().createDatabase("charsets");
    Map<String, Integer> sets = charsets(database);
    assertThat(sets).containsKeys("latin1", "gbk", "sjis", "ujis", "euckr", "swe7", "utf32");
    MySqlSource.Builder builder = TestFlavour.builder(database);
    for (String set : sets.keySet()) {
      database.execute(
          "create table t_%s (id int primary key, v mediumtext character set %s)"
              .formatted(set, set));
      builder.capture(database.name() + ".t_" + set);
    }
    MySqlSource source = builder.build();
    source.registration().install();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        Reading reading = Reading.start(source)) {
      statement.execute("set names utf8mb4");
      statement.execute("create temporary table codes (x varchar(8) primary key)");
      for (Map.Entry<String, Integer> set : sets.entrySet()) {
        List<Codes> rows =
            set.getKey().startsWith("utf") || set.getKey().equals("ucs2")
                ? unicode(connection, set.getKey(), set.getValue())
                : known(connection, set.getKey(), set.getValue());
        assertThat(rows).as(set.getKey()).isNotEmpty();
        insert(connection, set.getKey(), rows);
        List<ChangeEvent> events = reading.read(rows.size());
        for (int i = 0; i < rows.size(); i++) {
          Value read = Objects.requireNonNull(events.get(i).newValue()).get("v");
          assertThat(read).as(set.getKey()).isEqualTo(Value.of(rows.get(i).text.toString()));
        }
      }
    }
    database.drop();
  }

  private static Map<String, Integer> charsets(Database database) {
    Map<String, Integer> sets = new LinkedHashMap<>();
    database
        .query(
            "select character_set_name, maxlen from information_schema.character_sets"
                + " where character_set_name <> 'binary' order by 1")
        .forEach(
            row ->
                sets.put(String.valueOf(row.get(0)), Integer.valueOf(String.valueOf(row.get(1)))));
    return sets;
  }

  /** Code points instead of codes, whose bytes the server makes. */
  private static List<Codes> unicode(Connection connection, String set, int longest)
      throws Exception {
    List<Codes> rows = new ArrayList<>();
    Codes row = Codes.none();
    int last = longest > 3 || set.equals("utf16") ? Character.MAX_CODE_POINT : Character.MAX_VALUE;
    for (int point = 0; point <= last; point += point > Character.MAX_VALUE ? 251 : 1) {
      if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
        row.text.appendCodePoint(point);
      }
      if (row.text.length() >= 8 * CODES_A_ROW) {
        rows.add(row);
        row = Codes.none();
      }
    }
    rows.add(row);
    try (PreparedStatement ask =
        connection.prepareStatement("select hex(convert(? using " + set + "))")) {
      for (Codes text : rows) {
        ask.setString(1, text.text.toString());
        try (ResultSet answer = ask.executeQuery()) {
          answer.next();
          text.hex.append(answer.getString(1));
        }
      }
    }
    return rows;
  }

  /** The codes that stay what they are in the server's own conversion. */
  private static List<Codes> known(Connection connection, String set, int longest)
      throws Exception {
    fill(connection, codes(set, longest));
    List<Codes> rows = new ArrayList<>();
    Codes row = Codes.none();
    int count = 0;
    String converted = "convert(unhex(x) using " + set + ")";
    try (Statement statement = connection.createStatement();
        ResultSet answer =
            statement.executeQuery(
                "select x, hex(convert(%s using utf8mb4)), hex(%s) from codes order by length(x), x"
                    .formatted(converted, converted))) {
      while (answer.next()) {
        String code = answer.getString(1);
        String utf8 = answer.getString(2);
        if (!code.equals(answer.getString(3)) || !isKnown(code, utf8)) {
          continue;
        }
        row.hex.append(code);
        row.text.append(new String(HexFormat.of().parseHex(utf8), StandardCharsets.UTF_8));
        if (++count % CODES_A_ROW == 0) {
          rows.add(row);
          row = Codes.none();
        }
      }
    }
    rows.add(row);
    return rows;
  }

  /** What the server itself can only print as a question mark is nobody's text. */
  private static boolean isKnown(String code, @Nullable String utf8) {
    return utf8 != null
        && !utf8.isEmpty()
        && !utf8.equals(UNKNOWN)
        && (!utf8.startsWith("3F") || code.equals("3F"));
  }

  private static void fill(Connection connection, List<String> codes) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.execute("delete from codes");
      statement.execute("insert into codes values ('" + String.join("'),('", codes) + "')");
    }
  }

  private static List<String> codes(String set, int longest) {
    List<String> codes = new ArrayList<>();
    range(codes, "", 0x00, 0xff);
    if (longest > 1) {
      for (int lead = 0x80; lead <= 0xff; lead++) {
        range(codes, String.format("%02X", lead), 0x40, 0xff);
      }
    }
    if (set.equals("ujis") || set.equals("eucjpms")) {
      for (int second = 0xa1; second <= 0xfe; second++) {
        range(codes, String.format("8F%02X", second), 0xa1, 0xfe);
      }
    }
    if (set.equals("gb18030")) {
      for (int first = 0x81; first <= 0x84; first++) {
        for (int second = 0x30; second <= 0x39; second++) {
          for (int third = 0x81; third <= 0xfe; third++) {
            range(codes, String.format("%02X%02X%02X", first, second, third), 0x30, 0x39);
          }
        }
      }
      range(codes, "953284", 0x30, 0x39);
    }
    return codes;
  }

  private static void range(List<String> codes, String before, int first, int last) {
    for (int b = first; b <= last; b++) {
      codes.add(before + String.format("%02X", b));
    }
  }

  private static void insert(Connection connection, String set, List<Codes> rows) throws Exception {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "insert into t_" + set + " values (?, convert(unhex(?) using " + set + "))")) {
      for (int i = 0; i < rows.size(); i++) {
        insert.setInt(1, i);
        insert.setString(2, rows.get(i).hex.toString());
        insert.executeUpdate();
      }
    }
  }
}
