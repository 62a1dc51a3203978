package io.millrace.cdc.codecs;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Maxwell's JSON ({@code database}, {@code table}, {@code type}, {@code ts}, {@code data}, {@code
 * old}), for consumers that read Maxwell today. It is written only.
 *
 * <p>Values are Maxwell's: numbers as numbers, decimals too, dates {@code 2026-01-02}, datetimes
 * and timestamps (in UTC) {@code 2026-01-02 03:04:05.000006}, bytes base64, JSON columns as JSON.
 * {@code old} of an update holds the fields that changed, as far as the old state is known. {@code
 * data} of a DELETED whose old state is not known is its key. {@code xid} is there where the
 * transaction's id is a number; each event counts as committed. {@code database} is the service's
 * tag, {@code position} the event id.
 *
 * <p>Refused by name: TRUNCATED and MESSAGE (Maxwell has no row for them), NaN and infinities.
 * Immutable; used by any number of threads.
 */
public final class MaxwellJsonCodec implements EventCodec {
  private static final String CONTENT_TYPE = "application/json";

  private static final Map<String, String> HEADERS =
      Map.of(ProtobufCodec.CONTENT_TYPE_HEADER, CONTENT_TYPE);

  private static final MaxwellJsonCodec INSTANCE = new MaxwellJsonCodec();

  private MaxwellJsonCodec() {}

  /** The codec; it has no options. */
  public static MaxwellJsonCodec instance() {
    return INSTANCE;
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
   * Always refused: the form has neither a log nor the kinds of values.
   *
   * @throws EventException always
   */
  @Override
  public ChangeEvent decode(Encoded encoded) {
    throw new EventException(
        "Cannot decode Maxwell's JSON: it does not carry the log, version and types that an applier needs. Publish with ProtobufCodec or JsonCodec, and with MaxwellJsonCodec to a topic of its own.");
  }

  private static void write(JsonGenerator out, ChangeEvent event) throws IOException {
    out.writeStartObject();
    JsonOut.member(out, "database", event.source());
    JsonOut.member(out, "table", event.entity());
    out.writeStringField("type", type(event.type()));
    out.writeNumberField("ts", event.changedAt().getEpochSecond());
    if (event.transactionId().matches("[0-9]{1,18}")) {
      out.writeNumberField("xid", Long.parseLong(event.transactionId()));
    }
    out.writeBooleanField("commit", true);
    JsonOut.member(out, "position", event.eventId());
    out.writeFieldName("data");
    boolean deleted = event.type() == ChangeType.DELETED;
    RowJson.row(out, deleted ? RowJson.before(event) : event.newValue(), MaxwellJsonCodec::value);
    if (event.type() == ChangeType.UPDATED) {
      out.writeFieldName("old");
      RowJson.row(out, changed(event), MaxwellJsonCodec::value);
    }
    out.writeEndObject();
  }

  private static String type(ChangeType type) {
    return switch (type) {
      case CREATED -> "insert";
      case UPDATED -> "update";
      case DELETED -> "delete";
      case SNAPSHOT -> "bootstrap-insert";
      case UNKNOWN, TRUNCATED, MESSAGE ->
          throw new IllegalArgumentException(
              "a " + type + " has no row in Maxwell's form. Filter it out, or use JsonCodec");
    };
  }

  /** The old values of the fields that changed. */
  private static Row changed(ChangeEvent event) {
    Row.Builder changed = Row.builder();
    Row old = event.oldValue();
    Row now = event.newValue();
    for (int i = 0; old != null && i < old.size(); i++) {
      @Nullable Value value = now == null ? null : now.get(old.name(i));
      if (!old.value(i).equals(value)) {
        changed.put(old.name(i), old.value(i));
      }
    }
    return changed.build();
  }

  private static void value(JsonGenerator out, Value value) throws IOException {
    switch (value.kind()) {
      case UINT64 -> out.writeNumber(value.toString());
      case DECIMAL -> {
        String text = value.toString();
        Check.argument(
            Character.isDigit(text.charAt(text.length() - 1)), "%s is no number of JSON", text);
        out.writeNumber(JsonOut.withoutLeadingZeros(text));
      }
      case BYTES ->
          out.writeString(Base64.getEncoder().encodeToString(((Value.BytesValue) value).value()));
      case DATETIME, TIMESTAMP ->
          out.writeString(value.toString().replace('T', ' ').replace("Z", ""));
      case JSON -> RowJson.embed(out, ((Value.JsonValue) value).text());
      default -> out.writeString(value.toString());
    }
  }
}
