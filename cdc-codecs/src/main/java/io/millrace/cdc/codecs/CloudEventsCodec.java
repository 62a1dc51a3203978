package io.millrace.cdc.codecs;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * CloudEvents 1.0 with the canonical JSON ({@link JsonCodec}) as their data, so nothing is lost:
 * structured JSON mode, or the binary mode of the Kafka binding, where the attributes are headers
 * {@code ce_…}.
 *
 * <p>Attributes: {@code id} is the event id, {@code source} a slash and the service's tag, {@code
 * type} {@code io.millrace.cdc.} and the contract's type in lower case, {@code subject} entity/id,
 * {@code time} when it changed, {@code partitionkey} the routing key, {@code traceparent} and
 * {@code tracestate} from the event's headers. Optional ones are left out where CloudEvents has no
 * way to write them (control characters, years of more than four digits); the data has them all.
 *
 * <p>Both modes are read, whichever is written. Immutable; used by any number of threads.
 */
public final class CloudEventsCodec implements EventCodec {
  private static final String STRUCTURED_TYPE = "application/cloudevents+json";
  private static final String STRUCTURED_CONTENT = STRUCTURED_TYPE + "; charset=UTF-8";
  private static final String PREFIX = "ce_";

  /** Not the JSON codec's own: SDKs take only plain names for JSON and would want base64. */
  private static final String DATA_TYPE = "application/json";

  private static final CloudEventsCodec STRUCTURED = new CloudEventsCodec(true);
  private static final CloudEventsCodec BINARY = new CloudEventsCodec(false);

  private final boolean structured;

  private CloudEventsCodec(boolean structured) {
    this.structured = structured;
  }

  /** Writes structured mode: the whole CloudEvent is one JSON object. */
  public static CloudEventsCodec structured() {
    return STRUCTURED;
  }

  /** Writes Kafka's binary mode: the data is the body, the attributes are headers. */
  public static CloudEventsCodec binary() {
    return BINARY;
  }

  @Override
  public String contentType() {
    return structured ? STRUCTURED_CONTENT : DATA_TYPE;
  }

  @Override
  public Encoded encode(ChangeEvent event) {
    Map<String, String> attributes = CloudAttributes.of(event);
    if (structured) {
      byte[] body =
          JsonOut.bytes(
              "event " + event,
              out -> {
                out.writeStartObject();
                for (Map.Entry<String, String> attribute : attributes.entrySet()) {
                  JsonOut.member(out, attribute.getKey(), attribute.getValue());
                }
                JsonOut.member(out, "datacontenttype", DATA_TYPE);
                out.writeFieldName("data");
                EventJsonWriter.write(out, event);
                out.writeEndObject();
              });
      return new Encoded(body, Map.of(ProtobufCodec.CONTENT_TYPE_HEADER, STRUCTURED_CONTENT));
    }
    Map<String, String> headers = new LinkedHashMap<>();
    attributes.forEach((name, value) -> headers.put(PREFIX + name, value));
    headers.put(ProtobufCodec.CONTENT_TYPE_HEADER, DATA_TYPE);
    return new Encoded(JsonCodec.body(event), headers);
  }

  @Override
  public ChangeEvent decode(Encoded encoded) {
    String type = ContentTypes.of(encoded);
    if (type != null && type.equalsIgnoreCase(STRUCTURED_TYPE)) {
      return decodeStructured(encoded.body());
    }
    Map<String, String> headers = encoded.headers();
    checkVersion(headers.get(PREFIX + "specversion"), "header 'ce_specversion'");
    ContentTypes.require(encoded, DATA_TYPE);
    return checkId(JsonCodec.decode(encoded.body()), headers.get(PREFIX + "id"));
  }

  private static ChangeEvent decodeStructured(byte[] body) {
    String what = "a CloudEvent of " + body.length + " bytes";
    try {
      Map<String, Json> members = JsonValues.members(JsonIn.parse(body, what), "it");
      checkVersion(text(members, "specversion"), "member 'specversion'");
      String dataType = text(members, "datacontenttype");
      if (!DATA_TYPE.equals(dataType)) {
        throw new IllegalArgumentException(
            "its datacontenttype is '%s', this codec reads '%s'. %s"
                .formatted(dataType, DATA_TYPE, JsonIn.FOREIGN));
      }
      Json data = members.get("data");
      if (data instanceof Json.Members event) {
        return checkId(EventJsonReader.read(event), text(members, "id"));
      }
      // A proxy that does not know our media type may have packed the same bytes like this.
      String base64 = text(members, "data_base64");
      if (base64 == null) {
        throw new IllegalArgumentException("it has neither an object 'data' nor 'data_base64'");
      }
      return checkId(JsonCodec.decode(Base64.getDecoder().decode(base64)), text(members, "id"));
    } catch (IllegalArgumentException cause) {
      throw new EventException("Cannot decode " + what + ": " + cause.getMessage(), cause);
    }
  }

  private static @Nullable String text(Map<String, Json> members, String name) {
    Json json = members.get(name);
    return json == null ? null : JsonValues.text(json, "member '" + name + "'");
  }

  private static void checkVersion(@Nullable String version, String where) {
    if (!"1.0".equals(version)) {
      throw new EventException(
          "Cannot decode a CloudEvent: its %s is '%s', this codec reads '1.0' in structured JSON (content type '%s') or Kafka's binary mode. Give the reader the codec that the writer uses."
              .formatted(where, version, STRUCTURED_TYPE));
    }
  }

  private static ChangeEvent checkId(ChangeEvent event, @Nullable String id) {
    if (!event.eventId().equals(id)) {
      throw new EventException(
          "Cannot decode the CloudEvent of %s/%s: its id '%s' is not the event_id '%s' of its data; one of them was changed on its way."
              .formatted(event.entity(), event.id(), id, event.eventId()));
    }
    return event;
  }
}
