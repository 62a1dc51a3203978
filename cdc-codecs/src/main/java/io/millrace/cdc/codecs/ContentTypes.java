package io.millrace.cdc.codecs;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.EventException;
import org.jspecify.annotations.Nullable;

/** The header that says what the bytes are. */
final class ContentTypes {
  private ContentTypes() {}

  /** The media type without its parameters, or null where there is none. */
  static @Nullable String of(Encoded encoded) {
    String type = encoded.headers().get(ProtobufCodec.CONTENT_TYPE_HEADER);
    if (type == null) {
      return null;
    }
    int parameters = type.indexOf(';');
    return (parameters < 0 ? type : type.substring(0, parameters)).strip();
  }

  /** Refuses another media type than the one expected; none at all passes. */
  static void require(Encoded encoded, String expected) {
    String type = of(encoded);
    if (type != null && !type.equalsIgnoreCase(expected)) {
      throw new EventException(
          "Cannot decode an event of content type '%s': this codec reads '%s'. Give the reader the codec that the writer uses."
              .formatted(type, expected));
    }
  }
}
