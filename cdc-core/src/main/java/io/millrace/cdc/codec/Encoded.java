package io.millrace.cdc.codec;

import java.util.Map;

/**
 * An event as a transport carries it.
 *
 * @param body the bytes; belongs to this value and must not be changed
 * @param headers what travels next to the bytes
 */
public record Encoded(byte[] body, Map<String, String> headers) {
  /** Copies the headers. */
  public Encoded {
    headers = Map.copyOf(headers);
  }

  /** Bytes that in-flight limits count: body and headers. */
  public int size() {
    int size = body.length;
    for (Map.Entry<String, String> header : headers.entrySet()) {
      size += header.getKey().length() + header.getValue().length();
    }
    return size;
  }

  /** The size and headers, not the bytes. */
  @Override
  public String toString() {
    return body.length + " bytes " + headers;
  }
}
