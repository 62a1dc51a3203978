package io.millrace.cdc.codecs;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's change event envelope in JSON ({@code before}, {@code after}, {@code source}, {@code
 * op}, {@code ts_ms}), for consumers and Kafka Connect sinks that read Debezium today. It is
 * written only.
 *
 * <p>Values are those of Debezium's connectors with {@code decimal.handling.mode=string} and {@code
 * time.precision.mode=adaptive_time_microseconds}: decimals and unsigned 64-bit integers are
 * strings, dates days of the epoch, times and datetimes microseconds, timestamps ISO 8601 in UTC,
 * bytes base64, types that the library does not know text. With schemas, every field is optional
 * and a field that is null in both states is a string.
 *
 * <p>{@code before} of a DELETED whose old state is not known is its key. The {@code source} block
 * names connector {@code millrace}, the service as {@code name}, the entity as {@code table}, and
 * {@code event_id}, {@code log}, {@code version}, {@code hops} of the contract. The message's key
 * is the routing key, not Debezium's key object. Refused by name: MESSAGE events (they are no
 * rows), NaN and infinities (JSON has none), and what a schema cannot say (lists of several kinds).
 *
 * <p>Immutable; used by any number of threads.
 */
public final class DebeziumJsonCodec implements EventCodec {
  private static final String CONTENT_TYPE = "application/json";

  private static final Map<String, String> HEADERS =
      Map.of(ProtobufCodec.CONTENT_TYPE_HEADER, CONTENT_TYPE);

  private static final DebeziumJsonCodec PLAIN = new DebeziumJsonCodec(false);
  private static final DebeziumJsonCodec WITH_SCHEMAS = new DebeziumJsonCodec(true);

  private final boolean schemas;

  private DebeziumJsonCodec(boolean schemas) {
    this.schemas = schemas;
  }

  /** The envelope alone, as JsonConverter has it with {@code schemas.enable=false}. */
  public static DebeziumJsonCodec withoutSchemas() {
    return PLAIN;
  }

  /**
   * {@code schema} and {@code payload}, as JsonConverter has it with {@code schemas.enable=true}.
   */
  public static DebeziumJsonCodec withSchemas() {
    return WITH_SCHEMAS;
  }

  @Override
  public String contentType() {
    return CONTENT_TYPE;
  }

  @Override
  public Encoded encode(ChangeEvent event) {
    return new Encoded(JsonOut.bytes("event " + event, out -> write(out, event)), HEADERS);
  }

  /**
   * Always refused: the envelope has neither a log nor the kinds of values.
   *
   * @throws EventException always
   */
  @Override
  public ChangeEvent decode(Encoded encoded) {
    throw new EventException(
        "Cannot decode Debezium's envelope: it does not carry the log, version and types that an applier needs. Publish with ProtobufCodec or JsonCodec, and with DebeziumJsonCodec to a topic of its own.");
  }

  private void write(JsonGenerator out, ChangeEvent event) throws IOException {
    Row before = event.type() == ChangeType.DELETED ? RowJson.before(event) : event.oldValue();
    if (schemas) {
      out.writeStartObject();
      out.writeFieldName("schema");
      DebeziumSchema.write(out, event, before);
      out.writeFieldName("payload");
    }
    payload(out, event, before);
    if (schemas) {
      out.writeEndObject();
    }
  }

  private static void payload(JsonGenerator out, ChangeEvent event, @Nullable Row before)
      throws IOException {
    long millis = event.changedAt().toEpochMilli();
    out.writeStartObject();
    out.writeFieldName("before");
    RowJson.row(out, before, DebeziumValues::write);
    out.writeFieldName("after");
    RowJson.row(out, event.newValue(), DebeziumValues::write);
    out.writeObjectFieldStart("source");
    out.writeStringField("version", "1");
    out.writeStringField("connector", "millrace");
    JsonOut.member(out, "name", event.source());
    out.writeNumberField("ts_ms", millis);
    out.writeStringField("snapshot", event.type() == ChangeType.SNAPSHOT ? "true" : "false");
    out.writeStringField("db", "");
    JsonOut.member(out, "table", event.entity());
    JsonOut.member(out, "txId", event.transactionId());
    JsonOut.member(out, "event_id", event.eventId());
    JsonOut.member(out, "log", event.log());
    out.writeStringField("version_hex", event.version().toHex());
    out.writeNumberField("hops", event.hops());
    out.writeEndObject();
    out.writeStringField("op", op(event.type()));
    out.writeNumberField("ts_ms", millis);
    out.writeEndObject();
  }

  private static String op(ChangeType type) {
    return switch (type) {
      case CREATED -> "c";
      case UPDATED -> "u";
      case DELETED -> "d";
      case SNAPSHOT -> "r";
      case TRUNCATED -> "t";
      case UNKNOWN, MESSAGE ->
          throw new IllegalArgumentException(
              "a "
                  + type
                  + " is no change of a row, which Debezium's envelope is made for. Filter it out, or use CloudEventsCodec");
    };
  }
}
