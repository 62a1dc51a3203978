package io.millrace.cdc.position;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.PositionException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How held events are written. Headers: their number, then per header name and value, each its
 * length and UTF-8. A file: format, when it was held, routing key, what, error, headers, body.
 * Format 2 has one header more, which says the cause; an event held for the transport's sake is
 * written in format 1, which an older release may publish as it stands.
 */
final class UnpublishedBytes {
  private static final int FORMAT = 2;
  private static final int PLAIN = 1;
  private static final String CAUSE = "millrace-held-cause";

  private UnpublishedBytes() {}

  static int format(UnpublishedEvent event) {
    return event.cause() == UnpublishedEvent.Cause.TRANSPORT ? PLAIN : FORMAT;
  }

  static void checkFormat(int format, String where, String pipeline) {
    PositionRecord.checkFormat(format, FORMAT, where, pipeline);
  }

  static byte[] headers(UnpublishedEvent event) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      write(out, written(event));
    } catch (IOException e) {
      throw new AssertionError("writing to memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  private static Map<String, String> written(UnpublishedEvent event) {
    Map<String, String> headers = new TreeMap<>(event.event().headers());
    if (format(event) > PLAIN) {
      headers.put(CAUSE, event.cause().name());
    }
    return headers;
  }

  /** An event that was read without its headers, with them. */
  static UnpublishedEvent with(byte[] headers, int format, UnpublishedEvent event) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(headers))) {
      return with(readHeaders(in), format, event);
    } catch (IOException e) {
      throw new PositionException(
          "The headers of a held event are damaged (%s bytes): restore millrace_unpublished."
              .formatted(headers.length),
          e,
          false);
    }
  }

  private static UnpublishedEvent with(
      Map<String, String> headers, int format, UnpublishedEvent event) throws IOException {
    UnpublishedEvent.Cause cause =
        format > PLAIN ? cause(headers.remove(CAUSE)) : UnpublishedEvent.Cause.TRANSPORT;
    return new UnpublishedEvent(
        event.routingKey(),
        event.what(),
        event.error(),
        cause,
        new Encoded(event.event().body(), headers));
  }

  private static UnpublishedEvent.Cause cause(@Nullable String name) throws IOException {
    for (UnpublishedEvent.Cause cause : UnpublishedEvent.Cause.values()) {
      if (cause.name().equals(name)) {
        return cause;
      }
    }
    throw new IOException("its cause is '%s'".formatted(name));
  }

  static byte[] file(UnpublishedEvent event, long heldAtMillis) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(event.size() + 512);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(format(event));
      out.writeLong(heldAtMillis);
      write(out, event.routingKey());
      write(out, event.what());
      write(out, event.error());
      write(out, written(event));
      out.writeInt(event.event().body().length);
      out.write(event.event().body());
    } catch (IOException e) {
      throw new AssertionError("writing to memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  /** The event of a file whose format and time were read already. */
  static UnpublishedEvent event(int format, DataInputStream in) throws IOException {
    String routingKey = read(in);
    String what = read(in);
    String error = read(in);
    Map<String, String> headers = readHeaders(in);
    Encoded body = new Encoded(readBytes(in), Map.of());
    return with(headers, format, new UnpublishedEvent(routingKey, what, error, body));
  }

  static UnpublishedKey key(UnpublishedEvent event, long heldAtMillis) {
    return new UnpublishedKey(
        event.routingKey(),
        1,
        event.size(),
        Instant.ofEpochMilli(heldAtMillis),
        event.what(),
        event.error());
  }

  private static void write(DataOutputStream out, Map<String, String> headers) throws IOException {
    out.writeInt(headers.size());
    for (Map.Entry<String, String> header : new TreeMap<>(headers).entrySet()) {
      write(out, header.getKey());
      write(out, header.getValue());
    }
  }

  private static Map<String, String> readHeaders(DataInputStream in) throws IOException {
    int size = in.readInt();
    Map<String, String> headers = new HashMap<>();
    for (int i = 0; i < size; i++) {
      headers.put(read(in), read(in));
    }
    return headers;
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String read(DataInputStream in) throws IOException {
    return new String(readBytes(in), StandardCharsets.UTF_8);
  }

  private static byte[] readBytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    byte[] bytes = in.readNBytes(length);
    if (bytes.length != length) {
      throw new IOException("it ends after %s of %s bytes".formatted(bytes.length, length));
    }
    return bytes;
  }
}
