package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import org.bson.BsonBinaryReader;
import org.bson.BsonDocument;
import org.bson.BsonDocumentReader;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.bson.codecs.DecoderContext;
import org.junit.jupiter.api.Test;

/** The same documents as by the driver's own codec, in arrays of their size. */
class ChangeCodecTest {
  private static final DecoderContext CONTEXT = DecoderContext.builder().build();
  private static final BsonDocument DOCUMENT =
      BsonDocument.parse("{_id: 1, inner: {a: [1, 'two']}, after: true}");

  private final ChangeCodec codec = new ChangeCodec();

  @Test
  void a_document_is_copied_in_its_size() {
    byte[] bytes = BsonValuesTest.bytes(DOCUMENT);
    RawBsonDocument read = codec.decode(new BsonBinaryReader(ByteBuffer.wrap(bytes)), CONTEXT);
    BsonBytes.Slice slice = BsonBytes.Slice.of(read);
    assertEquals(0, slice.start());
    assertArrayEquals(bytes, slice.bytes());
  }

  @Test
  void a_document_within_another_and_one_that_is_no_bytes_are_read_as_by_the_driver() {
    byte[] bytes = BsonValuesTest.bytes(DOCUMENT);
    BsonBinaryReader reader = new BsonBinaryReader(ByteBuffer.wrap(bytes));
    reader.readStartDocument();
    reader.readInt32("_id");
    reader.readName("inner");
    assertEquals(DOCUMENT.getDocument("inner"), codec.decode(reader, CONTEXT));
    assertEquals(true, reader.readBoolean("after"));
    RawBsonDocument whole = codec.decode(new BsonDocumentReader(DOCUMENT), CONTEXT);
    assertEquals(DOCUMENT, whole.decode(new BsonDocumentCodec()));
  }
}
