package io.millrace.cdc.mongo;

import org.bson.BsonBinaryReader;
import org.bson.BsonReader;
import org.bson.BsonWriter;
import org.bson.RawBsonDocument;
import org.bson.codecs.Codec;
import org.bson.codecs.DecoderContext;
import org.bson.codecs.EncoderContext;
import org.bson.codecs.RawBsonDocumentCodec;
import org.bson.io.BsonInput;

/**
 * Takes a change out of a server's answer with one copy of its size. The driver's own codec makes
 * several, into arrays that are up to twice as large as the document that keeps them.
 */
final class ChangeCodec implements Codec<RawBsonDocument> {
  private static final RawBsonDocumentCodec DRIVERS = new RawBsonDocumentCodec();

  @Override
  public RawBsonDocument decode(BsonReader reader, DecoderContext context) {
    if (!(reader instanceof BsonBinaryReader binary) || reader.getCurrentBsonType() != null) {
      return DRIVERS.decode(reader, context); // not at the beginning of bytes of its own
    }
    BsonInput input = binary.getBsonInput();
    int size = input.readInt32();
    byte[] bytes = new byte[size];
    BsonBytes.putInt32(bytes, 0, size);
    input.readBytes(bytes, Integer.BYTES, size - Integer.BYTES);
    return new RawBsonDocument(bytes);
  }

  @Override
  public void encode(BsonWriter writer, RawBsonDocument value, EncoderContext context) {
    DRIVERS.encode(writer, value, context);
  }

  @Override
  public Class<RawBsonDocument> getEncoderClass() {
    return RawBsonDocument.class;
  }
}
