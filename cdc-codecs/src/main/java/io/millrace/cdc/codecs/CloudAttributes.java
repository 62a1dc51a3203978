package io.millrace.cdc.codecs;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The context attributes of an event, in a fixed order. */
final class CloudAttributes {
  /** The years of four digits, which are all that RFC 3339 has. */
  private static final Instant FIRST = Instant.parse("0000-01-01T00:00:00Z");

  private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

  private CloudAttributes() {}

  static Map<String, String> of(ChangeEvent event) {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("specversion", "1.0");
    String id = event.eventId();
    if (!isText(id)) {
      throw new EventException(
          "Cannot encode %s: the name of its log holds characters that a CloudEvent's id must not. Give the log another name."
              .formatted(event));
    }
    attributes.put("id", id);
    attributes.put("source", "/" + percentEncoded(event.source()));
    attributes.put("type", "io.millrace.cdc." + event.type().name().toLowerCase(Locale.ROOT));
    putText(attributes, "subject", event.entity() + "/" + event.id());
    Instant time = event.changedAt();
    if (!time.isBefore(FIRST) && time.isBefore(END)) {
      attributes.put("time", time.toString());
    }
    putText(attributes, "partitionkey", event.routingKey());
    for (String trace : List.of("traceparent", "tracestate")) {
      putText(attributes, trace, event.headers().get(trace));
    }
    return attributes;
  }

  private static void putText(Map<String, String> attributes, String name, @Nullable String text) {
    if (text != null && !text.isEmpty() && isText(text)) {
      attributes.put(name, text);
    }
  }

  /**
   * No control characters, no halves of pairs, no noncharacters: what CloudEvents call a String.
   */
  private static boolean isText(String text) {
    return text.codePoints()
        .noneMatch(
            point ->
                point <= 0x1f
                    || (point >= 0x7f && point <= 0x9f)
                    || (point >= 0xd800 && point <= 0xdfff)
                    || (point >= 0xfdd0 && point <= 0xfdef)
                    || (point & 0xfffe) == 0xfffe);
  }

  private static String percentEncoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
