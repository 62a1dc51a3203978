package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.error.ApplyException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A held event's headers as bytes: number of headers, then per header name and value, each its
 * length and UTF-8.
 */
final class HeaderBytes {
  private HeaderBytes() {}

  static byte[] encode(Map<String, String> headers) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(headers.size());
      for (Map.Entry<String, String> header : new TreeMap<>(headers).entrySet()) {
        write(out, header.getKey());
        write(out, header.getValue());
      }
    } catch (IOException e) {
      throw new AssertionError("writing to memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  static Map<String, String> decode(byte[] bytes) {
    Map<String, String> headers = new HashMap<>();
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int size = in.readInt();
      for (int i = 0; i < size; i++) {
        headers.put(read(in), read(in));
      }
    } catch (IOException e) {
      throw new ApplyException(
          "A held event's headers are damaged (%s bytes).".formatted(bytes.length), e);
    }
    return headers;
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String read(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }
}
