package io.millrace.cdc.codec;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.internal.Check;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What travels next to a team's message. Format 1; only grows. */
final class ContractHeaders {
  static final String FORMAT = "millrace-format";
  static final String ENTITY = "millrace-entity";
  static final String TYPE = "millrace-type";
  static final String SOURCE = "millrace-source";
  static final String KEY = "millrace-key";
  static final String NEW = "millrace-new-val";
  static final String OLD = "millrace-old-val";

  private static final String PREVIOUS_KEY = "millrace-previous-key";
  private static final String LOG = "millrace-log";
  private static final String VERSION = "millrace-version";
  private static final String HOPS = "millrace-hops";
  private static final String ROUTING_KEY = "millrace-routing-key";
  private static final String TRANSACTION = "millrace-transaction-id";
  private static final String SCHEMA = "millrace-schema";
  private static final String EVENT_HEADER = "millrace-header-";

  private final Map<String, String> headers;

  ContractHeaders(Map<String, String> headers) {
    this.headers = headers;
  }

  /** The headers that do not depend on the message. */
  static ContractHeaders of(ChangeEvent event) {
    ContractHeaders headers = new ContractHeaders(new LinkedHashMap<>());
    headers.put(FORMAT, "1");
    headers.put(ENTITY, event.entity());
    headers.put(TYPE, event.type().name());
    headers.put(LOG, event.log());
    headers.put(VERSION, event.version().toHex());
    if (event.hops() > 0) {
      headers.put(HOPS, Integer.toString(event.hops()));
    }
    if (!event.routingKey().equals(ChangeEvent.defaultRoutingKey(event.entity(), event.id()))) {
      headers.put(ROUTING_KEY, event.routingKey());
    }
    headers.putUnlessEmpty(TRANSACTION, event.transactionId());
    headers.putUnlessEmpty(SCHEMA, event.schema());
    headers.putRow(KEY, event.key());
    headers.putRow(PREVIOUS_KEY, event.previousKey());
    event
        .headers()
        .forEach(
            (name, value) ->
                headers.put(EVENT_HEADER + ProtobufWriter.text(name), ProtobufWriter.text(value)));
    return headers;
  }

  Map<String, String> asMap() {
    return headers;
  }

  @Nullable String get(String name) {
    return headers.get(name);
  }

  void put(String name, String value) {
    headers.put(name, ProtobufWriter.text(value));
  }

  private void putUnlessEmpty(String name, String value) {
    if (!value.isEmpty()) {
      put(name, value);
    }
  }

  /** Without an event's header, which the message itself will carry. */
  void dropEventHeader(String name) {
    headers.remove(EVENT_HEADER + name);
  }

  void putRow(String name, @Nullable Row row) {
    if (row != null) {
      put(name, Base64.getEncoder().encodeToString(ProtobufWriter.row(row)));
    }
  }

  @Nullable Row row(String name) {
    String text = headers.get(name);
    if (text == null) {
      return null;
    }
    try {
      return ProtobufReader.row(io.millrace.cdc.v1.Row.parseFrom(Base64.getDecoder().decode(text)));
    } catch (InvalidProtocolBufferException | IllegalArgumentException cause) {
      throw new IllegalArgumentException(
          "its header '" + name + "' is not a row in base64 (" + cause.getMessage() + ")", cause);
    }
  }

  void checkFormat() {
    String format = headers.getOrDefault(FORMAT, "1");
    Check.argument(
        format.equals("1"),
        "its header '%s' is '%s', this library reads 1; upgrade this application's library to at least the writer's release",
        FORMAT,
        format);
  }

  /** Everything that {@link #of} wrote; log and version have no other place. */
  void fill(ChangeEvent.Builder event, String entity, String id) {
    event
        .log(required(LOG))
        .version(version())
        .hops(hops())
        .routingKey(headers.getOrDefault(ROUTING_KEY, ChangeEvent.defaultRoutingKey(entity, id)))
        .transactionId(headers.getOrDefault(TRANSACTION, ""))
        .schema(headers.getOrDefault(SCHEMA, ""))
        .previousKey(row(PREVIOUS_KEY));
  }

  /** The event's own headers. */
  Map<String, String> eventHeaders() {
    Map<String, String> found = new LinkedHashMap<>();
    headers.forEach(
        (name, value) -> {
          if (name.startsWith(EVENT_HEADER)) {
            found.put(name.substring(EVENT_HEADER.length()), value);
          }
        });
    return found;
  }

  private String required(String name) {
    String value = headers.get(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException(
          "its transport header '"
              + name
              + "' is missing, without which nobody can tell an old change from a new one."
              + " Write to this channel with ContractCodec, or let no proxy drop its headers");
    }
    return value;
  }

  private Version version() {
    String hex = required(VERSION);
    try {
      return Version.fromBytes(HexFormat.of().parseHex(hex));
    } catch (IllegalArgumentException cause) {
      throw new IllegalArgumentException(
          "its header '" + VERSION + "' is '" + hex + "', no version: " + cause.getMessage(),
          cause);
    }
  }

  private int hops() {
    String hops = headers.getOrDefault(HOPS, "0");
    try {
      return Integer.parseInt(hops);
    } catch (NumberFormatException cause) {
      throw new IllegalArgumentException(
          "its header '" + HOPS + "' is '" + hops + "', not a number", cause);
    }
  }
}
