package io.millrace.cdc.codec;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import java.time.DateTimeException;
import java.util.Map;

/**
 * The contract itself: an event as the protobuf message {@code millrace.cdc.v1.ChangeEvent}, format
 * 1.
 *
 * <p>The same event always gives the same bytes (headers are sorted). Text must be well-formed
 * Unicode: half of a surrogate pair has no UTF-8 and is refused, never replaced. Lists and
 * documents nest up to {@value #MAX_DEPTH} levels.
 *
 * <p>Decoding refuses what it would have to guess: another content type, a newer format, no format,
 * an unknown type or kind of value, a missing log, version, source or entity. Unknown fields of a
 * known format are left out: a field that changes what an event means raises the format.
 *
 * <p>Immutable; used by any number of threads.
 */
public final class ProtobufCodec implements EventCodec {
  /** Name of the transport header that carries {@link #contentType()}. */
  public static final String CONTENT_TYPE_HEADER = "content-type";

  /** The contract's format that is written, and the newest that is read. */
  static final int FORMAT = 1;

  /** How deep lists and documents may nest in each other. */
  static final int MAX_DEPTH = 200;

  /** A level of nesting is at most three messages: the value, its row, the row's field. */
  private static final int RECURSION_LIMIT = 3 * MAX_DEPTH + 10;

  private static final String CONTENT_TYPE =
      "application/x-protobuf;message=millrace.cdc.v1.ChangeEvent";

  private static final Map<String, String> HEADERS = Map.of(CONTENT_TYPE_HEADER, CONTENT_TYPE);

  private static final String FOREIGN = "Does another program write to this channel?";

  private static final ProtobufCodec INSTANCE = new ProtobufCodec();

  private ProtobufCodec() {}

  /** The codec; it has no options. */
  public static ProtobufCodec instance() {
    return INSTANCE;
  }

  @Override
  public String contentType() {
    return CONTENT_TYPE;
  }

  @Override
  public Encoded encode(ChangeEvent event) {
    try {
      return new Encoded(ProtobufWriter.event(event), HEADERS);
    } catch (IllegalArgumentException cause) {
      throw new EventException("Cannot encode " + event + ": " + cause.getMessage(), cause);
    }
  }

  @Override
  public ChangeEvent decode(Encoded encoded) {
    String contentType = encoded.headers().get(CONTENT_TYPE_HEADER);
    if (contentType != null && !contentType.equals(CONTENT_TYPE)) {
      throw new EventException(
          "Cannot decode an event of content type '"
              + contentType
              + "': this codec reads '"
              + CONTENT_TYPE
              + "'. Give the reader the codec that the writer uses.");
    }
    ChangeEvent usual = UsualEvent.read(encoded.body());
    return usual != null ? usual : decodeAny(encoded.body());
  }

  /** By the generated messages, which know every form; says what is wrong. */
  static ChangeEvent decodeAny(byte[] bytes) {
    io.millrace.cdc.v1.ChangeEvent message = parse(bytes);
    checkFormat(message);
    try {
      return ProtobufReader.event(message);
    } catch (IllegalArgumentException | DateTimeException cause) {
      throw new EventException(
          "Cannot decode " + about(message) + ": " + cause.getMessage(), cause);
    }
  }

  private static io.millrace.cdc.v1.ChangeEvent parse(byte[] bytes) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      in.setRecursionLimit(RECURSION_LIMIT);
      io.millrace.cdc.v1.ChangeEvent message =
          io.millrace.cdc.v1.ChangeEvent.parser().parseFrom(in);
      in.checkLastTagWas(0);
      return message;
    } catch (InvalidProtocolBufferException cause) {
      throw new EventException(
          "Cannot decode "
              + bytes.length
              + " bytes: they are no millrace.cdc.v1.ChangeEvent ("
              + cause.getMessage()
              + "). "
              + FOREIGN,
          cause);
    }
  }

  private static void checkFormat(io.millrace.cdc.v1.ChangeEvent message) {
    int format = message.getFormat();
    if (format == FORMAT) {
      return;
    }
    if (format == 0) {
      throw new EventException(
          "Cannot decode "
              + about(message)
              + ": it names no format, so it was not written by this library. "
              + FOREIGN);
    }
    throw new EventException(
        "Cannot decode "
            + about(message)
            + ": it has format "
            + Integer.toUnsignedString(format)
            + ", this library reads up to "
            + FORMAT
            + "; upgrade this application's library to at least the writer's release.");
  }

  private static String about(io.millrace.cdc.v1.ChangeEvent message) {
    String entity = message.getEntity();
    if (entity.isEmpty() && message.getId().isEmpty()) {
      return "an event without entity and id";
    }
    return "the event of " + (entity.isEmpty() ? "(no entity)" : entity) + "/" + message.getId();
  }
}
