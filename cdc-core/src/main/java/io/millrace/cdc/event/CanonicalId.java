package io.millrace.cdc.event;

import io.millrace.cdc.error.EventException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * The id of an entity: one text for a key, the same whichever database the key was read from.
 *
 * <p>Components are joined by a comma. Integers, signed or not, are decimal digits; a decimal loses
 * trailing zeros and its sign when it is zero; a floating-point number is written with the fewest
 * digits that give it back, without exponent and without the sign of zero; booleans are 1 and 0;
 * binary is lower-case hexadecimal; dates and times are ISO 8601 with seconds and without trailing
 * zeros, an instant ends in Z; a UUID is its lower-case text. In text a backslash becomes {@code
 * \\}, a comma {@code \,}, a character below space or DEL {@code \}{@code uXXXX}; an empty text or
 * binary is {@code \e} and a null {@code \n}. A list is {@code [a,b]}, a document {@code
 * {name:a,other:b}} with its fields in their order; in their texts and names a colon, a brace and a
 * bracket have a backslash too. A key of JSON has no id.
 *
 * <p>Within one entity the text is one-to-one with the key as the database compares it exactly: a
 * column has one type, and separators are escaped. Collations are not looked at: keys that a
 * database calls equal although their characters differ have different ids.
 *
 * <p>Ids are stored and compared between processes: this text never changes.
 */
public final class CanonicalId {
  private static final String PLAIN = "\\,";
  private static final String NESTED = "\\,:{}[]";

  private CanonicalId() {}

  /** The id of a key whose fields stand in key order; an empty key has the empty id. */
  public static String of(Row key) {
    if (key.size() == 1 && key.value(0) instanceof Value.Int64Value number) {
      return Long.toString(number.value());
    }
    StringBuilder id = new StringBuilder();
    for (int i = 0; i < key.size(); i++) {
      if (i > 0) {
        id.append(',');
      }
      append(id, key.name(i), key.value(i), PLAIN);
    }
    return id.toString();
  }

  private static void append(StringBuilder id, String name, Value value, String special) {
    switch (value.kind()) {
      case NULL -> id.append("\\n");
      case BOOL -> id.append(((Value.BoolValue) value).value() ? '1' : '0');
      case INT32, INT64, UINT64, DATE, TIME, DATETIME, TIMESTAMP, UUID -> id.append(value);
      case DECIMAL -> id.append(DecimalText.canonical(((Value.DecimalValue) value).text()));
      case DOUBLE -> id.append(FloatingText.of(((Value.DoubleValue) value).value()));
      case FLOAT -> id.append(FloatingText.of(((Value.FloatValue) value).value()));
      case STRING -> escape(id, ((Value.StringValue) value).value(), special);
      case BYTES -> {
        byte[] bytes = ((Value.BytesValue) value).value();
        id.append(bytes.length == 0 ? "\\e" : HexFormat.of().formatHex(bytes));
      }
      case RAW -> escape(id, ((Value.RawValue) value).text(), special);
      case LIST -> {
        id.append('[');
        List<Value> values = ((Value.ListValue) value).values();
        for (int i = 0; i < values.size(); i++) {
          append(i > 0 ? id.append(',') : id, name, values.get(i), NESTED);
        }
        id.append(']');
      }
      case DOCUMENT -> {
        id.append('{');
        Row fields = ((Value.DocumentValue) value).fields();
        for (int i = 0; i < fields.size(); i++) {
          escape(i > 0 ? id.append(',') : id, fields.name(i), NESTED);
          append(id.append(':'), name, fields.value(i), NESTED);
        }
        id.append('}');
      }
      case JSON ->
          throw new EventException(
              String.format(
                  Locale.ROOT,
                  "Key field '%s' is %s, which has no canonical text. Choose a key of plain columns.",
                  name,
                  value.kind()));
    }
  }

  private static void escape(StringBuilder id, String text, String special) {
    if (text.isEmpty()) {
      id.append("\\e");
      return;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (special.indexOf(c) >= 0) {
        id.append('\\').append(c);
      } else if (c < ' ' || c == 0x7f) {
        id.append("\\u").append(HexFormat.of().toHexDigits(c));
      } else {
        id.append(c);
      }
    }
  }
}
