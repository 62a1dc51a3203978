package io.millrace.cdc.codecs;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import java.util.Map;

/**
 * The canonical JSON of an event, format 1: UTF-8, loses nothing, and the same event always gives
 * the same bytes.
 *
 * <p>The members are those of the contract's {@code ChangeEvent}, with the contract's names, after
 * {@code format}: see {@code docs/contract.md}. In a row a text, a boolean, null, a list and an
 * int64 within ±(2<sup>53</sup>-1) stand as JSON has them; every other value is an object of one
 * member that names its kind, such as <code>{"decimal":"10.50"}</code>.
 *
 * <p>Text must be well-formed Unicode. Lists and documents nest up to 200 levels. Decoding ignores
 * members that it does not know, as the protobuf codec does, and refuses everything else it would
 * have to guess.
 *
 * <p>Immutable; used by any number of threads.
 */
public final class JsonCodec implements EventCodec {
  static final String CONTENT_TYPE = "application/vnd.millrace.event+json";

  private static final Map<String, String> HEADERS =
      Map.of(ProtobufCodec.CONTENT_TYPE_HEADER, CONTENT_TYPE);

  private static final JsonCodec INSTANCE = new JsonCodec();

  private JsonCodec() {}

  /** The codec; it has no options. */
  public static JsonCodec instance() {
    return INSTANCE;
  }

  @Override
  public String contentType() {
    return CONTENT_TYPE;
  }

  @Override
  public Encoded encode(ChangeEvent event) {
    return new Encoded(body(event), HEADERS);
  }

  /** The JSON alone. */
  static byte[] body(ChangeEvent event) {
    return JsonOut.bytes("event " + event, out -> EventJsonWriter.write(out, event));
  }

  @Override
  public ChangeEvent decode(Encoded encoded) {
    ContentTypes.require(encoded, CONTENT_TYPE);
    return decode(encoded.body());
  }

  /** As {@link #decode(Encoded)} where the bytes are known to be this JSON. */
  static ChangeEvent decode(byte[] body) {
    String what = "an event of " + body.length + " bytes";
    Json json = JsonIn.parse(body, what);
    if (!(json instanceof Json.Members members)) {
      throw new EventException(
          "Cannot decode %s: it is %s, not an object. %s"
              .formatted(what, json.describe(), JsonIn.FOREIGN));
    }
    return EventJsonReader.read(members);
  }
}
