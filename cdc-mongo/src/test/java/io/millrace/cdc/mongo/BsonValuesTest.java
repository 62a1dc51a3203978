package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BsonValuesTest {
  private final BsonDecoder decoder = new BsonDecoder();

  record Golden(String name, String json, String kind, String text) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Golden> golden() throws IOException {
    try (InputStream in = BsonValuesTest.class.getResourceAsStream("/bson-values.golden")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.startsWith("#"))
              .map(line -> line.split(" \\| ", -1))
              .map(part -> new Golden(part[0], part[1], part[2], part[3].replace("\\u0000", "\0")))
              .toList()
              .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("golden")
  void every_type_is_read_as_the_golden_file_says_and_written_back_to_the_same_bytes(
      Golden golden) {
    byte[] bytes = bytes(BsonDecoder.wrapped(golden.json()));
    Row row = decoder.row(bytes, 0);
    assertEquals(golden.kind(), row.value(0).kind().name());
    assertEquals(golden.text(), row.value(0).toString());
    assertArrayEquals(bytes, bytes(BsonValues.document(row)), () -> "written back: " + row);
  }

  @Test
  void nested_a_hundred_levels_deep_and_back() {
    BsonDocument deep = new BsonDocument();
    for (int i = 0; i < 99; i++) {
      deep = new BsonDocument(i % 2 == 0 ? "even" : "odd", deep);
    }
    byte[] bytes = bytes(deep);
    assertArrayEquals(bytes, bytes(BsonValues.document(decoder.row(bytes, 0))));
  }

  @Test
  void documents_of_many_shapes_keep_their_names() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 5000; i++) {
        BsonDocument document = BsonDocument.parse("{f" + i + ": 1, " + "x: {g" + i % 7 + ": 2}}");
        Row row = decoder.row(bytes(document), 0);
        assertEquals("{f" + i + "=1, x={g" + i % 7 + "=2}}", row.toString());
      }
    }
  }

  @Test
  void a_field_that_comes_twice_is_kept_below_and_refused_at_the_top() {
    byte[] twice = bytes(BsonDocument.parse("{a: 1, b: 2}"));
    twice[Arrays.asList(boxed(twice)).indexOf((byte) 'b')] = 'a';
    byte[] outer = bytes(new BsonDocument("v", new RawBsonDocument(twice)));
    assertEquals("mongo:document", ((Value.RawValue) decoder.row(outer, 0).value(0)).type());
    assertArrayEquals(outer, bytes(BsonValues.document(decoder.row(outer, 0))));
    assertThrows(IllegalArgumentException.class, () -> decoder.row(twice, 0));
  }

  @Test
  void a_name_that_is_no_utf8_is_refused_wherever_it_stands() {
    byte[] bytes = bytes(BsonDocument.parse("{xyz: 1}"));
    bytes[Arrays.asList(boxed(bytes)).indexOf((byte) 'y')] = (byte) 0xff;
    byte[] outer = bytes(new BsonDocument("v", new RawBsonDocument(bytes)));
    for (byte[] each : List.of(bytes, outer)) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> decoder.row(each, 0)).getMessage();
      assertTrue(message.contains("78ff7a"), message);
    }
  }

  @Test
  void a_string_that_is_no_utf8_is_not_mended() {
    byte[] bytes = bytes(BsonDocument.parse("{v: 'xyz'}"));
    bytes[Arrays.asList(boxed(bytes)).indexOf((byte) 'y')] = (byte) 0xff;
    assertEquals(
        new Value.RawValue("mongo:malformedString", "78ff7a"), decoder.row(bytes, 0).value(0));
  }

  @Test
  void the_replacement_character_itself_is_a_character() {
    byte[] bytes = bytes(BsonDocument.parse("{v: '\ufffd'}"));
    assertEquals(Value.of("\ufffd"), decoder.row(bytes, 0).value(0));
  }

  @Test
  void numbers_that_the_server_calls_the_same_key_have_one_id() {
    List<String> ids =
        Stream.of("{$numberInt: '5'}", "{$numberLong: '5'}", "5.0", "{$numberDecimal: '5.0'}")
            .map(json -> decoder.row(bytes(BsonDecoder.wrapped(json)), 0))
            .map(CanonicalId::of)
            .distinct()
            .toList();
    assertEquals(List.of("5"), ids);
  }

  private static Byte[] boxed(byte[] bytes) {
    Byte[] boxed = new Byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      boxed[i] = bytes[i];
    }
    return boxed;
  }

  static byte[] bytes(BsonDocument document) {
    BsonBytes.Slice slice =
        BsonBytes.Slice.of(new RawBsonDocument(document, new BsonDocumentCodec()));
    int length = BsonBytes.int32(slice.bytes(), slice.start());
    return Arrays.copyOfRange(slice.bytes(), slice.start(), slice.start() + length);
  }
}
