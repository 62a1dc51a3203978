package io.millrace.cdc.codecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JsonCodecTest {
  private static final JsonCodec CODEC = JsonCodec.instance();

  private static final String GOLDEN =
      """
      {"format":1,"id":"7","type":"UPDATED",\
      "new_val":{"fields":{"id":7,"total":{"decimal":"10.50"},"note":null,"name":"Zoë"}},\
      "changed_fields":["total"],"source":"billing","changed_at":"2026-01-02T03:04:05.000006Z",\
      "entity":"order",\
      "old_val":{"fields":{"id":7,"total":{"decimal":"9.00"},"note":null,"name":"Zoë"}},\
      "key":{"fields":{"id":7}},"routing_key":"order/7","log":"billing-0a1b2c3d",\
      "version":"00000000000000030009","event_id":"billing-0a1b2c3d:00000000000000030009",\
      "transaction_id":"42","hops":0,\
      "headers":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},\
      "schema":""}""";

  @Test
  void an_event_is_the_json_that_the_documentation_shows() {
    Encoded encoded = CODEC.encode(TestEvents.updated());
    assertThat(text(encoded)).isEqualTo(GOLDEN);
    assertThat(encoded.headers())
        .isEqualTo(Map.of("content-type", "application/vnd.millrace.event+json"));
  }

  @Test
  void white_space_and_unknown_members_do_no_harm() {
    String spaced = GOLDEN.replace(",\"source\"", ",\n \"colour\" : [1e3, {}],\r\n\"source\"");
    assertThat(decode(spaced)).isEqualTo(TestEvents.updated());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"format\":1|\"format\":2|format, this library reads up to 1; upgrade",
        "\"format\":1|\"format\":1.0|the number 1.0 as its format",
        "\"format\":1,||names no format",
        "UPDATED|RENAMED|type 'RENAMED' is not known",
        "\"hops\":0|\"hops\":-1|'hops' is the number -1",
        "\"hops\":0|\"hops\":1e1|'hops' is the number 1e1",
        "\"hops\":0|\"hops\":\"0\"|'hops' is a string",
        "\"hops\":0|\"hops\":0,\"hops\":1|Duplicate",
        "\"note\":null|\"total\":null|Duplicate",
        "\"id\":7,\"total\":{\"decimal\":\"10|\"id\":9007199254740993,\"total\":{\"decimal\":\"10|field 'id' is the number 9007199254740993",
        "\"id\":7,\"total\":{\"decimal\":\"10|\"id\":1.5,\"total\":{\"decimal\":\"10|a larger one is {\"int64\"",
        "{\"decimal\":\"10.50\"}|{\"decimal\":\"1e5\"}|a decimal is a plain number",
        "{\"decimal\":\"10.50\"}|{\"money\":\"1\"}|kind 'money', not known here",
        "{\"decimal\":\"10.50\"}|{}|an object of 0 members",
        "{\"decimal\":\"10.50\"}|{\"uuid\":\"1-1-1-1-1\"}|not a UUID",
        "{\"decimal\":\"10.50\"}|{\"time\":\"1:00\"}|not a time",
        "{\"decimal\":\"10.50\"}|{\"time\":\"999999999999:00:00\"}|does not fit",
        "{\"decimal\":\"10.50\"}|{\"date\":\"2026-02-30\"}|2026-02-30",
        "{\"decimal\":\"10.50\"}|{\"bytes\":\"!\"}|field 'total' is no base64",
        "{\"decimal\":\"10.50\"}|{\"int64\":\"9223372036854775808\"}|not an integer from",
        "{\"decimal\":\"10.50\"}|{\"double\":\"many\"}|neither NaN",
        "{\"decimal\":\"10.50\"}|\"\\ud800\"|half a surrogate pair",
        "\"entity\":\"order\"|\"entity\":\"\"|needs an entity",
        "\"log\":\"billing-0a1b2c3d\",||'log' is missing",
        "\"event_id\":\"billing|\"event_id\":\"other|is not the 'billing-0a1b2c3d:",
        "00000000000000030009\",\"event|0g\",\"event|",
        "\"schema\":\"\"}|\"schema\":\"\"|JSON is not well-formed",
        "\"schema\":\"\"}|\"schema\":\"\"} {}|behind the end",
      })
  void what_is_wrong_is_refused_by_name(String from, String to, String message) {
    assertThat(GOLDEN).contains(from);
    String text = GOLDEN.replaceFirst(java.util.regex.Pattern.quote(from), replacement(to));
    assertThatThrownBy(() -> decode(text))
        .isInstanceOf(EventException.class)
        .hasMessageContaining(message == null ? "" : message);
  }

  private static String replacement(String to) {
    return to == null ? "" : java.util.regex.Matcher.quoteReplacement(to);
  }

  @Test
  void nesting_without_end_is_refused_and_two_hundred_levels_pass() {
    assertThatThrownBy(() -> decode("[".repeat(1_000_000)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("nesting depth");
    Value nested = Value.of(1);
    for (int i = 0; i < 200; i++) {
      nested = new Value.DocumentValue(Row.of("d", nested));
    }
    ChangeEvent deepest = TestEvents.updated(Row.of("c", nested));
    assertThat(CODEC.decode(CODEC.encode(deepest))).isEqualTo(deepest);
    ChangeEvent deeper = TestEvents.updated(Row.of("c", new Value.ListValue(List.of(nested))));
    assertThatThrownBy(() -> CODEC.encode(deeper))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("nest deeper than 200 levels")
        .hasMessageContaining("order/7");
  }

  @Test
  void numbers_without_end_are_refused() {
    assertThatThrownBy(() -> decode(GOLDEN.replace("\"hops\":0", "\"hops\":" + "9".repeat(9999))))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("Number value length");
  }

  @Test
  void bytes_that_are_not_utf8_are_refused() {
    byte[] latin1 = GOLDEN.getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> CODEC.decode(new Encoded(latin1, Map.of())))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("UTF-8");
    assertThatThrownBy(
            () -> CODEC.decode(new Encoded(GOLDEN.getBytes(StandardCharsets.UTF_16LE), Map.of())))
        .isInstanceOf(EventException.class);
  }

  @Test
  void nothing_and_no_object_are_refused() {
    for (String text : List.of("", " ", "7", "[]", "null", "\"\"")) {
      assertThatThrownBy(() -> decode(text)).as(text).isInstanceOf(EventException.class);
    }
  }

  @Test
  void half_a_surrogate_pair_cannot_be_encoded() {
    assertThatThrownBy(() -> CODEC.encode(TestEvents.updated(Row.of("c", Value.of("\udc00")))))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("field 'c'")
        .hasMessageContaining("half a surrogate pair");
  }

  @Test
  void another_codecs_bytes_are_refused_by_their_content_type() {
    Encoded protobuf = ProtobufCodec.instance().encode(TestEvents.updated());
    assertThatThrownBy(() -> CODEC.decode(protobuf))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("application/x-protobuf")
        .hasMessageContaining("Give the reader the codec that the writer uses");
  }

  private static ChangeEvent decode(String text) {
    return CODEC.decode(new Encoded(text.getBytes(StandardCharsets.UTF_8), Map.of()));
  }

  private static String text(Encoded encoded) {
    return new String(encoded.body(), StandardCharsets.UTF_8);
  }
}
