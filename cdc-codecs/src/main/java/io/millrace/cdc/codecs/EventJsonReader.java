package io.millrace.cdc.codecs;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.internal.Check;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** From the canonical JSON to the model. */
final class EventJsonReader {
  private final Map<String, Json> members;

  private EventJsonReader(Json.Members members) {
    this.members = members.values();
  }

  static ChangeEvent read(Json.Members members) {
    EventJsonReader reader = new EventJsonReader(members);
    try {
      reader.checkFormat();
      return reader.event();
    } catch (IllegalArgumentException | DateTimeException cause) {
      throw new EventException(
          "Cannot decode " + reader.about() + ": " + cause.getMessage(), cause);
    }
  }

  private void checkFormat() {
    Json format = members.getOrDefault("format", Json.NULL);
    Check.argument(
        format instanceof Json.Numeric,
        "it names no format, so it was not written by this library. %s",
        JsonIn.FOREIGN);
    Check.argument(
        format.equals(new Json.Numeric("" + EventJsonWriter.FORMAT)),
        "it has %s as its format, this library reads up to %s; upgrade this application's library to at least the writer's release.",
        format.describe(),
        EventJsonWriter.FORMAT);
  }

  private ChangeEvent event() {
    ChangeEvent event =
        new ChangeEvent(
            text("id"),
            type(text("type")),
            row("new_val"),
            texts("changed_fields"),
            text("source"),
            Instant.parse(text("changed_at")),
            text("entity"),
            row("old_val"),
            Check.notNull(row("key", Row.empty()), "key"),
            row("previous_key"),
            text("routing_key"),
            text("log"),
            Version.fromBytes(HexFormat.of().parseHex(text("version"))),
            text("transaction_id"),
            hops(),
            headers(),
            text("schema"));
    String eventId = text("event_id");
    Check.argument(
        eventId.equals(event.eventId()),
        "its event_id '%s' is not the '%s' that its log and version make. %s",
        eventId,
        event.eventId(),
        JsonIn.FOREIGN);
    return event;
  }

  private static ChangeType type(String name) {
    for (ChangeType type : ChangeType.values()) {
      if (type != ChangeType.UNKNOWN && type.name().equals(name)) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "its type '" + name + "' is not known to this library; is the writer newer?");
  }

  private Json required(String name) {
    Json json = members.get(name);
    if (json == null) {
      throw new IllegalArgumentException(
          "member '" + name + "' is missing, so it was not written by this library");
    }
    return json;
  }

  private String text(String name) {
    return JsonValues.text(required(name), "member '" + name + "'");
  }

  private @Nullable Row row(String name) {
    return row(name, null);
  }

  private @Nullable Row row(String name, @Nullable Row absent) {
    Json json = members.get(name);
    return json == null ? absent : JsonValues.row(json, "member '" + name + "'");
  }

  private List<String> texts(String name) {
    Json json = required(name);
    if (!(json instanceof Json.Items items)) {
      throw new IllegalArgumentException(
          "member '" + name + "' is " + json.describe() + ", not an array");
    }
    List<String> texts = new ArrayList<>();
    for (Json item : items.values()) {
      texts.add(JsonValues.text(item, "an item of '" + name + "'"));
    }
    return texts;
  }

  private Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    JsonValues.members(required("headers"), "member 'headers'")
        .forEach((name, json) -> headers.put(name, JsonValues.text(json, "a header")));
    return headers;
  }

  private int hops() {
    return (int) JsonValues.integer(required("hops"), "member 'hops'", 0, Integer.MAX_VALUE);
  }

  private String about() {
    String entity = members.get("entity") instanceof Json.Text text ? text.value() : "(no entity)";
    String id = members.get("id") instanceof Json.Text text ? text.value() : "(no id)";
    return "the event of " + entity + "/" + id;
  }
}
