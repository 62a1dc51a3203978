package io.millrace.cdc.codecs;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.io.NumberOutput;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.internal.Unicode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** Writes JSON without a byte of freedom: no white space, members in the order of the calls. */
final class JsonOut {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamWriteConstraints(
              StreamWriteConstraints.builder().maxNestingDepth(Integer.MAX_VALUE).build())
          .build();

  private JsonOut() {}

  /** What writes one JSON value. */
  interface Body {
    void write(JsonGenerator out) throws IOException;
  }

  /** The bytes of one value; what cannot be written is an EventException about {@code what}. */
  static byte[] bytes(String what, Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator out = FACTORY.createGenerator(bytes, JsonEncoding.UTF8)) {
      body.write(out);
    } catch (IllegalArgumentException cause) {
      throw new EventException("Cannot encode " + what + ": " + cause.getMessage(), cause);
    } catch (IOException cause) {
      throw Invariant.broken("an array cannot be written to: %s", cause);
    }
    return bytes.toByteArray();
  }

  /** Well-formed text, or IllegalArgumentException. */
  static String text(String text) {
    int at = Unicode.loneSurrogate(text);
    if (at >= 0) {
      throw new IllegalArgumentException(
          "a text of " + text.length() + " characters has half a surrogate pair at " + at);
    }
    return text;
  }

  static void member(JsonGenerator out, String name, String text) throws IOException {
    out.writeFieldName(name);
    out.writeString(text(text));
  }

  /** As many digits as give it back, on every JDK; NaN and the infinities are texts. */
  static void number(JsonGenerator out, double value) throws IOException {
    if (Double.isFinite(value)) {
      out.writeNumber(NumberOutput.toString(value, true));
    } else {
      out.writeString(Double.toString(value));
    }
  }

  /** As {@link #number(JsonGenerator, double)}. */
  static void number(JsonGenerator out, float value) throws IOException {
    if (Float.isFinite(value)) {
      out.writeNumber(NumberOutput.toString(value, true));
    } else {
      out.writeString(Float.toString(value));
    }
  }

  /** A plain decimal as JSON writes it: 007.50 is 7.50. */
  static String withoutLeadingZeros(String decimal) {
    return decimal.replaceFirst("^(-?)0+(?=[0-9])", "$1");
  }

  /** An object of texts, sorted by name. */
  static void texts(JsonGenerator out, Map<String, String> texts) throws IOException {
    out.writeStartObject();
    for (Map.Entry<String, String> entry : new TreeMap<>(texts).entrySet()) {
      member(out, text(entry.getKey()), entry.getValue());
    }
    out.writeEndObject();
  }
}
