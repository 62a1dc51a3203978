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

/**
 * How held events are written. Headers: their number, then per header name and value, each its
 * length and UTF-8. A file: format, when it was held, routing key, what, error, headers, body.
 */
final class UnpublishedBytes {
  static final int FORMAT = 1;

  private UnpublishedBytes() {}

  static byte[] headers(Map<String, String> headers) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      write(out, headers);
    } catch (IOException e) {
      throw new AssertionError("writing to memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  static Map<String, String> headers(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return readHeaders(in);
    } catch (IOException e) {
      throw new PositionException(
          "The headers of a held event are damaged (%s bytes): restore millrace_unpublished."
              .formatted(bytes.length),
          e,
          false);
    }
  }

  static byte[] file(UnpublishedEvent event, long heldAtMillis) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(event.size() + 512);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(FORMAT);
      out.writeLong(heldAtMillis);
      write(out, event.routingKey());
      write(out, event.what());
      write(out, event.error());
      write(out, event.event().headers());
      out.writeInt(event.event().body().length);
      out.write(event.event().body());
    } catch (IOException e) {
      throw new AssertionError("writing to memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  /** The event of a file whose format and time were read already. */
  static UnpublishedEvent event(DataInputStream in) throws IOException {
    String routingKey = read(in);
    String what = read(in);
    String error = read(in);
    Map<String, String> headers = readHeaders(in);
    return new UnpublishedEvent(routingKey, what, error, new Encoded(readBytes(in), headers));
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

  /** What stands first says since when and why the key waits. */
  static UnpublishedKey together(UnpublishedKey first, UnpublishedKey later) {
    return new UnpublishedKey(
        first.routingKey(),
        first.events() + later.events(),
        first.bytes() + later.bytes(),
        first.heldSince(),
        first.first(),
        first.error());
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
