package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.Test;

/** Documents of many shapes through one decoder. */
class BsonDecoderTest {
  private final BsonDecoder decoder = new BsonDecoder();

  private static BsonBytes.Slice bytes(String json) {
    return BsonBytes.Slice.of(
        new RawBsonDocument(BsonDocument.parse(json), new BsonDocumentCodec()));
  }

  private Row row(String json) {
    BsonBytes.Slice slice = bytes(json);
    return decoder.row(slice.bytes(), slice.start());
  }

  @Test
  void documents_that_begin_alike_keep_their_own_fields() {
    List<String> shapes =
        List.of(
            "{}",
            "{'a': 1}",
            "{'a': 1, 'b': 2}",
            "{'a': 1, 'bc': 2}",
            "{'a': 1, 'b': 2, 'c': 3}",
            "{'ab': 1}",
            "{'': 1}",
            "{'a': {'a': 1, 'b': {'a': 2}}}",
            "{'b': 2, 'a': 1}");
    for (int round = 0; round < 2; round++) {
      for (String one : shapes) {
        for (String other : shapes) {
          for (String json : List.of(one, other, other, one)) {
            assertEquals(
                List.copyOf(BsonDocument.parse(json).keySet()), row(json).names().asList(), json);
          }
        }
      }
    }
    Row nested = row("{'a': {'a': 1, 'b': {'a': 2}}}");
    Row inner = ((Value.DocumentValue) nested.value(0)).fields();
    assertEquals(new Value.Int32Value(1), inner.value(0));
    assertEquals(
        Row.of("a", new Value.Int32Value(2)), ((Value.DocumentValue) inner.value(1)).fields());
  }

  @Test
  void one_field_is_found_by_its_name() {
    BsonBytes.Slice key = bytes("{'_ide': 1, '_id': 2}");
    assertEquals(new Value.Int32Value(2), decoder.field(key.bytes(), key.start(), "_id"));
    BsonBytes.Slice none = bytes("{'x': 1}");
    assertThrows(
        IllegalArgumentException.class, () -> decoder.field(none.bytes(), none.start(), "_id"));
  }
}
