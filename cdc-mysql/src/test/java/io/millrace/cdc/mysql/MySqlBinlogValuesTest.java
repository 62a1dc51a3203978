package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.MYSQL)
class MySqlBinlogValuesTest extends BinlogValuesContract {
  MySqlBinlogValuesTest() {
    super(TestFlavour.MYSQL);
  }

  @Test
  void json_is_the_text_that_the_server_prints() throws Exception {
    List<String> documents =
        List.of(
            "'{\"b\": 1, \"aa\": [1, 2.5, \"x\", null, true, false, {}], \"a\": {\"n\": -1}}'",
            "'[]'",
            "'\"quo\\\\\"te\\\\n\\\\u0001é😀\"'",
            "'18446744073709551615'",
            "'-9223372036854775808'",
            "'[1e10, 1.0, 1e100, 1.5e-10, 0.1, 123456789012345680000.0, -0.0, 1e-5, 1e14, 1e15, 1e16, 2e-3, 1e23, 5.684341886080802e-14, 1.5e-15, 1234567890123456.7]'",
            "'null'",
            "json_object('d', cast('2024-02-29' as date), 't', cast('12:34:56.5' as time(1)),"
                + " 'dt', cast('2024-02-29 12:34:56.000001' as datetime(6)), 'dec', cast(1.50 as"
                + " decimal(10,2)), 'bin', cast(x'00ff' as binary))",
            "json_array(cast('-12:34:56.5' as time(1)))",
            "json_array(cast(timestamp'2024-02-29 12:34:56' as json))",
            "'{\"\": 1, \"k\": {\"\": []}, \"ключ\": \"\"}'",
            "'true'",
            "'false'",
            "'1'",
            "'-1.5'",
            "'{}'",
            "'[[[[{\"a\": [null]}]]]]'",
            "'[127, 128, -128, 32767, 32768, -32769, 65535, 65536, 2147483647, 2147483648, -2147483649, 4294967295, 4294967296, 9223372036854775807, 9223372036854775808]'",
            "json_array(cast('-838:59:59' as time), cast('838:59:58.000001' as time(6)), cast('0001-01-01' as date), cast(2024 as year))",
            "json_array(b'101', cast(1234567890123456789012345678901234567890.0123456789 as decimal(60,10)), cast(-0.5 as decimal(3,2)))",
            "json_array(repeat('a', 127), repeat('b', 128), repeat('é', 8191), repeat('c', 16384), repeat('d', 70000))",
            "json_object('a', repeat('x', 70000), 'n', 100000, 'u', 4000000000, 'b', 4294967296, 'l', true, 'f', 1.5e0, 'in', json_array(1, 70000, -3), 's', json_object('k', 'v'))",
            "json_object('place', st_geomfromtext('point(1 2)'))",
            "concat('[', repeat('\"0123456789\",', 10000), '1]')");
    StringBuilder columns = new StringBuilder("id int primary key");
    StringBuilder literals = new StringBuilder("1");
    StringBuilder printed = new StringBuilder("select concat_ws('\n'");
    for (int i = 0; i < documents.size(); i++) {
      columns.append(", c").append(i).append(" json");
      literals.append(", ").append(documents.get(i));
      printed.append(", cast(c").append(i).append(" as char)");
    }
    Database database = TestFlavour.MYSQL.shared().createDatabase("json");
    database.execute("create table t (" + columns + ")");
    MySqlSource source = TestFlavour.builder(database).capture(database.name() + ".t").build();
    source.registration().install();
    try (Reading reading = Reading.start(source)) {
      database.execute("insert into t values (" + literals + ")");
      Row row = Objects.requireNonNull(reading.read(1).get(0).newValue());
      List<String> expected = List.of(database.value(printed + ") from t").split("\n", -1));
      List<String> actual = new ArrayList<>();
      for (int i = 1; i < row.size(); i++) {
        assertThat(row.value(i).kind()).isEqualTo(Value.Kind.JSON);
        actual.add(row.value(i).toString());
      }
      int last = actual.size() - 1; // large: keep it out of a failure's message
      assertThat(actual.subList(0, last)).isEqualTo(expected.subList(0, last));
      assertThat(actual.get(last).equals(expected.get(last))).isTrue();
    }
    database.drop();
  }
}
