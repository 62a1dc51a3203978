package io.millrace.cdc.codecs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.internal.Unicode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parses one JSON text strictly: UTF-8, no name twice, bounded depth and numbers, nothing after it.
 */
final class JsonIn {
  static final String FOREIGN = "Does another program write to this channel?";

  /** How deep lists and documents may nest in each other; as the protobuf codec has it. */
  static final int MAX_DEPTH = 200;

  /** A level of nesting is at most three of JSON's: the kind, the document, its fields. */
  private static final int MAX_JSON_DEPTH = 3 * MAX_DEPTH + 10;

  /** Longer than any number that we write (decimals are texts) and that databases keep in JSON. */
  private static final int MAX_NUMBER_LENGTH = 1_000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Names come from messages: none of them may stay in the JVM for ever.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          // The format is UTF-8, whatever the first bytes look like.
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_JSON_DEPTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  // The bytes are in memory already, so their texts may be.
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(100_000)
                  .build())
          .build();

  private JsonIn() {}

  /** The JSON in bytes; {@code what} names them in an error. */
  static Json parse(byte[] bytes, String what) {
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      Json json = value(parser, parser.nextToken());
      if (parser.nextToken() != null) {
        throw new EventException(
            "Cannot decode %s: something stands behind the end of its JSON. %s"
                .formatted(what, FOREIGN));
      }
      return json;
    } catch (JsonProcessingException cause) {
      throw new EventException(
          "Cannot decode %s: its JSON is not well-formed or passes a limit (%s%s). %s"
              .formatted(what, cause.getOriginalMessage(), at(cause), FOREIGN),
          cause);
    } catch (IOException cause) {
      throw new EventException(
          "Cannot decode %s: it is not UTF-8 (%s). %s".formatted(what, cause.getMessage(), FOREIGN),
          cause);
    } catch (IllegalArgumentException cause) {
      throw new EventException("Cannot decode " + what + ": " + cause.getMessage(), cause);
    }
  }

  private static String at(JsonProcessingException cause) {
    JsonLocation location = cause.getLocation();
    return location == null ? "" : ", at byte " + location.getByteOffset();
  }

  private static Json value(JsonParser parser, @Nullable JsonToken token) throws IOException {
    if (token == null) {
      throw new IllegalArgumentException("it is empty or ends too early. " + FOREIGN);
    }
    return switch (token) {
      case VALUE_NULL -> Json.NULL;
      case VALUE_TRUE -> new Json.Bool(true);
      case VALUE_FALSE -> new Json.Bool(false);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Json.Numeric(parser.getText());
      case VALUE_STRING -> new Json.Text(wellFormed(parser.getText()));
      case START_ARRAY -> items(parser);
      case START_OBJECT -> members(parser);
      default -> throw new IllegalArgumentException("unexpected " + token + " in its JSON");
    };
  }

  private static Json items(JsonParser parser) throws IOException {
    List<Json> values = new ArrayList<>();
    JsonToken token = parser.nextToken();
    while (token != JsonToken.END_ARRAY) {
      values.add(value(parser, token));
      token = parser.nextToken();
    }
    return new Json.Items(values);
  }

  private static Json members(JsonParser parser) throws IOException {
    Json.Members members = new Json.Members();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = wellFormed(parser.currentName());
      members.values().put(name, value(parser, parser.nextToken()));
    }
    return members;
  }

  /** JSON's escapes can write half of a surrogate pair, which is no text. */
  private static String wellFormed(String text) {
    int at = Unicode.loneSurrogate(text);
    if (at >= 0) {
      throw new IllegalArgumentException(
          "a text of " + text.length() + " characters has half a surrogate pair at " + at);
    }
    return text;
  }
}
