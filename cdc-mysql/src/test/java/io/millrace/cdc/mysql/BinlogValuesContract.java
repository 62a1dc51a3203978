package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.testkit.Database;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** SQL in, values out, for every supported type: the golden mapping. */
abstract class BinlogValuesContract {
  private final TestFlavour flavour;
  private Database database;

  BinlogValuesContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @BeforeEach
  void makeDatabase() {
    database = flavour.shared().createDatabase("types");
  }

  @AfterEach
  void dropDatabase() {
    database.drop();
  }

  /**
   * Kind and text of the value that a literal in a column of a type becomes, for several at once.
   */
  private List<String> values(String... typesAndLiterals) throws Exception {
    StringBuilder columns = new StringBuilder("id int primary key");
    StringBuilder literals = new StringBuilder("1");
    for (int i = 0; i < typesAndLiterals.length; i += 2) {
      columns.append(", c").append(i / 2).append(' ').append(typesAndLiterals[i]);
      literals.append(", ").append(typesAndLiterals[i + 1]);
    }
    database.execute("create table t (" + columns + ")");
    MySqlSource source = TestFlavour.builder(database).capture(database.name() + ".t").build();
    source.registration().install();
    try (Reading reading = Reading.start(source);
        Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("set names utf8mb4");
      statement.execute("set sql_mode = ''");
      statement.execute("set time_zone = '+00:00'");
      statement.execute("insert into t values (" + literals + ")");
      ChangeEvent event = reading.read(1).get(0);
      assertThat(event.type()).isEqualTo(ChangeType.CREATED);
      Row row = Objects.requireNonNull(event.newValue());
      List<String> texts = new ArrayList<>();
      for (int i = 1; i < row.size(); i++) {
        texts.add(row.value(i).kind() + " " + row.value(i));
      }
      return texts;
    }
  }

  @Test
  void integers_keep_sign_and_width() throws Exception {
    assertThat(
            values(
                "tinyint", "-128",
                "tinyint unsigned", "255",
                "smallint", "-32768",
                "smallint unsigned", "65535",
                "mediumint", "-8388608",
                "mediumint unsigned", "16777215",
                "year", "2155",
                "year", "0",
                "int", "-2147483648",
                "int unsigned", "4294967295",
                "bigint", "-9223372036854775808",
                "bigint unsigned", "18446744073709551615",
                "tinyint(1)", "1",
                "bigint unsigned", "1",
                "bit(1)", "b'1'",
                "bit(12)", "b'101010101010'",
                "bit(63)", "9223372036854775807",
                "bit(64)", "18446744073709551615",
                "boolean", "true"))
        .containsExactly(
            "INT64 -128",
            "INT64 255",
            "INT64 -32768",
            "INT64 65535",
            "INT64 -8388608",
            "INT64 16777215",
            "INT64 2155",
            "INT64 0",
            "INT64 -2147483648",
            "INT64 4294967295",
            "INT64 -9223372036854775808",
            "UINT64 18446744073709551615",
            "INT64 1",
            "UINT64 1",
            "INT64 1",
            "INT64 2730",
            "INT64 9223372036854775807",
            "UINT64 18446744073709551615",
            "INT64 1");
  }

  @Test
  void signs_are_told_apart_behind_columns_that_have_none() throws Exception {
    assertThat(
            values(
                "varchar(5)", "'x'",
                "year", "2000",
                "decimal(5,2) unsigned", "1.5",
                "date", "'2020-01-01'",
                "float unsigned", "1.5",
                "int unsigned", "4294967295",
                "bit(3)", "7",
                "int", "-1",
                "double", "-2.5",
                "tinyint unsigned", "200"))
        .containsExactly(
            "STRING 'x'",
            "INT64 2000",
            "DECIMAL 1.50",
            "DATE 2020-01-01",
            "FLOAT 1.5",
            "INT64 4294967295",
            "INT64 7",
            "INT64 -1",
            "DOUBLE -2.5",
            "INT64 200");
  }

  @Test
  void decimals_are_exact_and_keep_their_scale() throws Exception {
    assertThat(
            values(
                "decimal(10,2)", "10.5",
                "decimal(10,2)", "-10.5",
                "decimal(10,2)", "0",
                "decimal(10,2)", "0.05",
                "decimal(10,2)", "-0.05",
                "decimal(65,30)",
                    "12345678901234567890123456789012345.123456789012345678901234567890",
                "decimal(65,0)",
                    "-99999999999999999999999999999999999999999999999999999999999999999",
                "decimal(18,9)", "123456789.000000001",
                "decimal(20,0)", "1000000000",
                "decimal(5,5)", "0.00001",
                "decimal(19,1)", "100000000000000000.1",
                "decimal(1,0)", "7"))
        .containsExactly(
            "DECIMAL 10.50",
            "DECIMAL -10.50",
            "DECIMAL 0.00",
            "DECIMAL 0.05",
            "DECIMAL -0.05",
            "DECIMAL 12345678901234567890123456789012345.123456789012345678901234567890",
            "DECIMAL -99999999999999999999999999999999999999999999999999999999999999999",
            "DECIMAL 123456789.000000001",
            "DECIMAL 1000000000",
            "DECIMAL 0.00001",
            "DECIMAL 100000000000000000.1",
            "DECIMAL 7");
  }

  @Test
  void floating_point_numbers_keep_every_bit() throws Exception {
    assertThat(
            values(
                "float", "1.1",
                "float", "-3.4028234663852886e38",
                "double", "1.1",
                "double", "-1.7976931348623157e308",
                "double", "4.9406564584124654e-324",
                "double", "0"))
        .containsExactly(
            "FLOAT 1.1",
            "FLOAT -3.4028235E38",
            "DOUBLE 1.1",
            "DOUBLE -1.7976931348623157E308",
            "DOUBLE 4.9E-324",
            "DOUBLE 0.0");
  }

  @Test
  void dates_and_times_are_exact_to_the_microsecond() throws Exception {
    assertThat(
            values(
                "date", "'2024-02-29'",
                "date", "'1000-01-01'",
                "date", "'9999-12-31'",
                "time", "'12:34:56'",
                "time(6)", "'12:34:56.789012'",
                "time(6)", "'-00:00:00.000001'",
                "time(3)", "'-838:59:58.999'",
                "time(1)", "'-12:00:00.5'",
                "time", "'-01:00:00'",
                "time", "'838:59:59'",
                "datetime", "'2024-02-29 23:59:59'",
                "datetime(1)", "'2024-02-29 23:59:59.9'",
                "datetime(3)", "'1000-01-01 00:00:00.001'",
                "datetime(4)", "'2024-02-29 23:59:59.1234'",
                "datetime(6)", "'9999-12-31 23:59:59.999999'",
                "timestamp null", "'2024-02-29 23:59:59'",
                "timestamp(6) null", "'1970-01-01 00:00:01.000001'",
                "timestamp(2) null", "'2038-01-19 03:14:07.12'"))
        .containsExactly(
            "DATE 2024-02-29",
            "DATE 1000-01-01",
            "DATE 9999-12-31",
            "TIME 12:34:56",
            "TIME 12:34:56.789012",
            "TIME -00:00:00.000001",
            "TIME -838:59:58.999",
            "TIME -12:00:00.5",
            "TIME -01:00:00",
            "TIME 838:59:59",
            "DATETIME 2024-02-29T23:59:59",
            "DATETIME 2024-02-29T23:59:59.9",
            "DATETIME 1000-01-01T00:00:00.001",
            "DATETIME 2024-02-29T23:59:59.1234",
            "DATETIME 9999-12-31T23:59:59.999999",
            "TIMESTAMP 2024-02-29T23:59:59Z",
            "TIMESTAMP 1970-01-01T00:00:01.000001Z",
            "TIMESTAMP 2038-01-19T03:14:07.12Z");
  }

  @Test
  void the_first_year_and_hours_that_a_summer_time_skips_or_repeats_are_no_exception()
      throws Exception {
    TimeZone zone = TimeZone.getDefault();
    TimeZone.setDefault(TimeZone.getTimeZone("Europe/Berlin"));
    try {
      assertThat(
              values(
                  "date", "'0001-01-01'",
                  "date", "'1582-10-10'",
                  "datetime(6)", "'0001-01-01 00:00:00.000001'",
                  "datetime", "'2024-03-31 02:30:00'",
                  "datetime", "'2024-10-27 02:30:00'",
                  "timestamp null", "'2024-03-31 00:59:59'",
                  "timestamp null", "'2024-03-31 01:00:00'",
                  "timestamp null", "'2024-10-27 00:30:00'",
                  "timestamp null", "'2024-10-27 01:30:00'"))
          .containsExactly(
              "DATE 0001-01-01",
              "DATE 1582-10-10",
              "DATETIME 0001-01-01T00:00:00.000001",
              "DATETIME 2024-03-31T02:30:00",
              "DATETIME 2024-10-27T02:30:00",
              "TIMESTAMP 2024-03-31T00:59:59Z",
              "TIMESTAMP 2024-03-31T01:00:00Z",
              "TIMESTAMP 2024-10-27T00:30:00Z",
              "TIMESTAMP 2024-10-27T01:30:00Z");
    } finally {
      TimeZone.setDefault(zone);
    }
  }

  @Test
  void zero_and_partial_dates_stay_what_they_are() throws Exception {
    assertThat(
            values(
                "date", "'0000-00-00'",
                "date", "'2024-02-00'",
                "date", "'2024-00-00'",
                "datetime", "'0000-00-00 00:00:00'",
                "datetime(3)", "'2024-00-00 01:02:03.456'",
                "timestamp null", "'0000-00-00 00:00:00'",
                "timestamp(3) null", "'0000-00-00 00:00:00'"))
        .containsExactly(
            "RAW mysql:date:0000-00-00",
            "RAW mysql:date:2024-02-00",
            "RAW mysql:date:2024-00-00",
            "RAW mysql:datetime:0000-00-00 00:00:00",
            "RAW mysql:datetime:2024-00-00 01:02:03.456",
            "RAW mysql:timestamp:0000-00-00 00:00:00",
            "RAW mysql:timestamp:0000-00-00 00:00:00.000");
  }

  @Test
  void text_is_read_by_the_character_set_of_its_column() throws Exception {
    assertThat(
            values(
                "varchar(20) character set utf8mb4", "'añ€😀'",
                "varchar(20) character set latin1", "'añ€Š'",
                "varchar(20) character set latin2", "'ąężÓ'",
                "char(20) character set utf16", "'añ€😀'",
                "varchar(20) character set ucs2", "'añ€'",
                "varchar(20) character set utf16le", "'a😀'",
                "varchar(20) character set utf32", "'a😀'",
                "varchar(20) character set utf8mb3", "'añ€'",
                "varchar(20) character set cp1251", "'Привет'",
                "varchar(20) character set koi8r", "'Привет'",
                "varchar(20) character set greek", "'αβγ'",
                "varchar(20) character set gbk", "'汉字'",
                "varchar(20) character set big5", "'漢字'",
                "varchar(20) character set sjis", "'日本'",
                "varchar(20) character set ascii", "'abc'",
                "text character set latin1", "'ÿ'",
                "longtext character set utf8mb4", "'ÿ€'",
                "char(5)", "'ab  '",
                "varchar(5)", "'ab  '",
                "varchar(300)", "repeat('é', 300)"))
        .containsExactly(
            "STRING 'añ€😀'",
            "STRING 'añ€Š'",
            "STRING 'ąężÓ'",
            "STRING 'añ€😀'",
            "STRING 'añ€'",
            "STRING 'a😀'",
            "STRING 'a😀'",
            "STRING 'añ€'",
            "STRING 'Привет'",
            "STRING 'Привет'",
            "STRING 'αβγ'",
            "STRING '汉字'",
            "STRING '漢字'",
            "STRING '日本'",
            "STRING 'abc'",
            "STRING 'ÿ'",
            "STRING 'ÿ€'",
            "STRING 'ab'",
            "STRING 'ab  '",
            "STRING '" + "é".repeat(300) + "'");
  }

  @Test
  void every_byte_of_latin1_is_a_character() throws Exception {
    StringBuilder hex = new StringBuilder();
    for (int i = 0x80; i < 0x100; i++) {
      hex.append(Integer.toHexString(i));
    }
    assertThat(values("varchar(200) character set latin1", "x'" + hex + "'").get(0))
        .startsWith("STRING '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")
        .endsWith("ÿ'");
  }

  @Test
  void binary_keeps_every_byte_and_its_length() throws Exception {
    assertThat(
            values(
                "binary(4)", "x'01020000'",
                "binary(4)", "x'00000000'",
                "binary(2)", "x'ffff'",
                "varbinary(10)", "x'0100'",
                "varbinary(300)", "repeat(x'ab', 300)",
                "blob", "x'00ff00'",
                "longblob", "x''",
                "tinyblob", "null",
                "varchar(4) character set binary", "x'0100'"))
        .containsExactly(
            "BYTES 0x01020000",
            "BYTES 0x00000000",
            "BYTES 0xffff",
            "BYTES 0x0100",
            "BYTES 0x" + "ab".repeat(300),
            "BYTES 0x00ff00",
            "BYTES 0x",
            "NULL null",
            "BYTES 0x0100");
  }

  @Test
  void enums_and_sets_are_their_labels() throws Exception {
    assertThat(
            values(
                "enum('a','ö','c') character set utf8mb4", "'ö'",
                "enum('a','ö') character set latin1", "'ö'",
                "set('x','ÿ','z') character set latin1", "'x,z'",
                "varchar(3) character set latin1", "'ÿ'",
                "set('x','y')", "''",
                "enum('a')", "'nothing of the sort'",
                "enum('a')", "null",
                "enum('日本','ソ表') character set sjis", "'ソ表'",
                "set('汉字','乗') character set gbk", "'汉字'",
                "enum('a','ж😀') character set utf16", "'ж😀'",
                "set('a\\\"b','ж') character set utf32", "'a\\\"b,ж'",
                "enum('привет','нет') character set koi8r", "'нет'",
                "set('x','ÿ','z') character set utf8mb4", "'ÿ,z'"))
        .containsExactly(
            "STRING 'ö'",
            "STRING 'ö'",
            "STRING 'x,z'",
            "STRING 'ÿ'",
            "STRING ''",
            "STRING ''",
            "NULL null",
            "STRING 'ソ表'",
            "STRING '汉字'",
            "STRING 'ж😀'",
            "STRING 'a\"b,ж'",
            "STRING 'нет'",
            "STRING 'ÿ,z'");
  }

  @Test
  void an_update_names_what_changed_and_shares_the_rest() throws Exception {
    database.execute(
        "create table u (id int primary key, a int null, b varchar(10), c text, d decimal(5,2), touched int)",
        "insert into u values (1, null, '', 'long text', 1.10, 0)");
    MySqlSource source =
        TestFlavour.builder(database)
            .capture(database.name() + ".u", t -> t.entity("thing").ignoreWhenAlone("touched"))
            .build();
    source.registration().install();
    try (Reading reading = Reading.start(source)) {
      database.execute(
          "update u set a = 1, b = 'x' where id = 1",
          "update u set a = null, d = 1.20 where id = 1",
          "update u set touched = 1 where id = 1",
          "update u set touched = 2, c = '' where id = 1",
          "update u set touched = 2, c = null where id = 1");
      List<ChangeEvent> events = reading.read(4);
      assertThat(events.stream().map(ChangeEvent::changedFields))
          .containsExactly(
              List.of("a", "b"), List.of("a", "d"), List.of("c", "touched"), List.of("c"));
      assertThat(events.get(1).oldValue().get("a")).hasToString("1");
      assertThat(events.get(1).newValue().get("a")).hasToString("null");
      assertThat(events.get(2).newValue().get("touched")).hasToString("2");
      assertThat(events.get(2).oldValue().get("touched")).hasToString("1");
      assertThat(events.get(0).entity()).isEqualTo("thing");
    }
  }

  @Test
  void a_composite_key_stands_in_key_order() throws Exception {
    database.execute(
        "create table k (a int, b varchar(20) character set latin1, c binary(3), d int, primary key (c, b(3), a))");
    MySqlSource source = TestFlavour.builder(database).capture(database.name() + ".k").build();
    source.registration().install();
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into k values (1, 'é,x', x'010000', 5)");
      ChangeEvent event = reading.read(1).get(0);
      assertThat(event.key().names().asList()).containsExactly("c", "b", "a");
      assertThat(event.id()).isEqualTo("010000,é\\,x,1");
    }
  }
}
