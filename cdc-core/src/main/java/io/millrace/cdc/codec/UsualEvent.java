package io.millrace.cdc.codec;

import static io.millrace.cdc.codec.WireBytes.unusual;
import static io.millrace.cdc.codec.WireBytes.usual;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Version;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads an event in the form in which this library writes it, straight from the bytes. Whatever
 * differs (unknown fields, parts given twice, values that no event can hold) is left to the
 * generated messages; a test holds both to the same answer for damaged bytes, too.
 */
final class UsualEvent {
  private final WireBytes in;
  private final UsualRow rows;
  private final List<String> changedFields = new ArrayList<>();
  private @Nullable Map<String, String> headers;
  private String id = "";
  private @Nullable ChangeType type;
  private @Nullable Row newValue;
  private String source = "";
  private @Nullable Instant changedAt;
  private String entity = "";
  private @Nullable Row oldValue;
  private @Nullable Row key;
  private @Nullable Row previousKey;
  private String routingKey = "";
  private String log = "";
  private @Nullable Version version;
  private String transactionId = "";
  private int hops;
  private String schema = "";
  private int format;

  private UsualEvent(byte[] bytes) {
    in = new WireBytes(bytes);
    rows = new UsualRow(in);
  }

  /** The event; null where its form is not the usual one, which says nothing about it. */
  static @Nullable ChangeEvent read(byte[] bytes) {
    try {
      return new UsualEvent(bytes).read();
    } catch (WireBytes.Unusual | IllegalArgumentException | DateTimeException e) {
      return null;
    }
  }

  private ChangeEvent read() {
    while (!in.atEnd()) {
      field(in.tag());
    }
    ChangeType givenType = type;
    Instant at = changedAt;
    Version given = version;
    if (format != ProtobufCodec.FORMAT || givenType == null || at == null || given == null) {
      throw unusual();
    }
    return new ChangeEvent(
        id,
        givenType,
        newValue,
        changedFields,
        source,
        at,
        entity,
        oldValue,
        key == null ? Row.empty() : key,
        previousKey,
        routingKey,
        log,
        given,
        transactionId,
        hops,
        headers == null ? Map.of() : headers,
        schema);
  }

  private void field(int tag) {
    switch (tag) {
      case (1 << 3) | BackwardBytes.LENGTH -> id = in.text();
      case 2 << 3 -> type = type((int) in.varint());
      case (3 << 3) | BackwardBytes.LENGTH -> newValue = row(newValue);
      case (4 << 3) | BackwardBytes.LENGTH -> changedFields.add(in.text());
      case (5 << 3) | BackwardBytes.LENGTH -> source = in.text();
      case (6 << 3) | BackwardBytes.LENGTH -> changedAt = instant(changedAt);
      case (7 << 3) | BackwardBytes.LENGTH -> entity = in.text();
      case (8 << 3) | BackwardBytes.LENGTH -> oldValue = row(oldValue);
      case (9 << 3) | BackwardBytes.LENGTH -> key = row(key);
      case (10 << 3) | BackwardBytes.LENGTH -> previousKey = row(previousKey);
      case (11 << 3) | BackwardBytes.LENGTH -> routingKey = in.text();
      case (12 << 3) | BackwardBytes.LENGTH -> log = in.text();
      case (13 << 3) | BackwardBytes.LENGTH -> version = Version.wrap(in.content());
      case (14 << 3) | BackwardBytes.LENGTH -> in.skipText(); // the log and the version say it
      case (15 << 3) | BackwardBytes.LENGTH -> transactionId = in.text();
      case 16 << 3 -> hops = (int) in.varint();
      case (17 << 3) | BackwardBytes.LENGTH -> header();
      case (18 << 3) | BackwardBytes.LENGTH -> schema = in.text();
      case 19 << 3 -> format = (int) in.varint();
      default -> throw unusual();
    }
  }

  private static ChangeType type(int number) {
    return switch (number) {
      case 1 -> ChangeType.CREATED;
      case 2 -> ChangeType.UPDATED;
      case 3 -> ChangeType.DELETED;
      case 4 -> ChangeType.SNAPSHOT;
      case 5 -> ChangeType.TRUNCATED;
      case 6 -> ChangeType.MESSAGE;
      default -> throw unusual();
    };
  }

  private Row row(@Nullable Row before) {
    usual(before == null); // two would be one, merged
    return rows.read(0);
  }

  private Instant instant(@Nullable Instant before) {
    usual(before == null);
    long seconds = 0;
    int nanos = 0;
    int outer = in.enter();
    while (!in.atEnd()) {
      switch (in.tag()) {
        case 1 << 3 -> seconds = in.varint();
        case 2 << 3 -> nanos = (int) in.varint();
        default -> throw unusual();
      }
    }
    in.leave(outer);
    usual(nanos >= 0 && nanos <= 999_999_999);
    return Instant.ofEpochSecond(seconds, nanos);
  }

  private void header() {
    String name = "";
    String value = "";
    int outer = in.enter();
    while (!in.atEnd()) {
      switch (in.tag()) {
        case (1 << 3) | BackwardBytes.LENGTH -> name = in.text();
        case (2 << 3) | BackwardBytes.LENGTH -> value = in.text();
        default -> throw unusual();
      }
    }
    in.leave(outer);
    if (headers == null) {
      headers = new HashMap<>();
    }
    headers.put(name, value);
  }
}
