package io.millrace.cdc.postgres;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells the JSON null from SQL's NULL. {@code row_to_json} prints both alike; the row's own text,
 * which is logged beside it where JSON's may be in it, has {@code null} for the one and nothing for
 * the other.
 */
final class JsonNulls {
  private static final Value JSON_NULL = new Value.JsonValue("null");

  private JsonNulls() {}

  /** The fields of a row's text, each without its quotes; null for SQL's NULL. */
  static List<@Nullable String> fields(String text) {
    return split(text, 0, '(', ')');
  }

  /** The value, with its JSON nulls in place of NULLs. */
  static Value restore(PgType type, Value value, @Nullable String text) {
    if (text == null || !type.holdsJson()) {
      return value;
    }
    return switch (type.kind()) {
      case JSON -> value == Value.NULL ? JSON_NULL : value;
      case ARRAY -> value instanceof Value.ListValue list ? elements(type, list, text) : value;
      case COMPOSITE ->
          value instanceof Value.DocumentValue document ? composite(type, document, text) : value;
      default -> value;
    };
  }

  private static Value elements(PgType type, Value.ListValue list, String text) {
    PgType element = type.element();
    // Bounds that do not begin at 1 stand before the elements: [0:1]={…}
    List<@Nullable String> texts = split(text, text.indexOf('{'), '{', '}');
    if (element == null || texts.size() != list.values().size()) {
      return list;
    }
    List<Value> values = new ArrayList<>(texts.size());
    for (int i = 0; i < texts.size(); i++) {
      Value value = list.values().get(i);
      boolean deeper = value instanceof Value.ListValue && element.kind() != PgType.Kind.ARRAY;
      values.add(restore(deeper ? type : element, value, texts.get(i)));
    }
    return new Value.ListValue(values);
  }

  private static Value composite(PgType type, Value.DocumentValue document, String text) {
    Iterator<@Nullable String> texts = fields(text).iterator();
    Row.Builder row = Row.builder();
    Row fields = document.fields();
    for (int i = 0; i < fields.size(); i++) {
      String name = fields.names().get(i);
      PgType field = type.fields().get(name);
      @Nullable String of = texts.hasNext() ? texts.next() : null;
      row.put(name, field == null ? fields.value(i) : restore(field, fields.value(i), of));
    }
    return new Value.DocumentValue(row.build());
  }

  /**
   * What stands between the commas of a row's or an array's text. Rows double quotes and
   * backslashes inside of quotes, arrays put a backslash before them; an array's NULL has a word, a
   * row's has none.
   */
  private static List<@Nullable String> split(String text, int start, char open, char close) {
    List<@Nullable String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    boolean quoted = false;
    boolean wasQuoted = false;
    int depth = 1;
    for (int i = start + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"' && open == '(') {
        part.append(text.charAt(++i));
      } else if (c == '\\') {
        if (depth > 1) {
          part.append(c); // taken off with the braces around it
        }
        part.append(text.charAt(++i));
      } else if (c == '"') {
        quoted = !quoted;
        wasQuoted = true;
        if (depth > 1) {
          part.append(c);
        }
      } else if (!quoted && c == open) {
        depth++;
        part.append(c);
      } else if (!quoted && c == close && --depth == 0) {
        if (!parts.isEmpty() || part.length() > 0 || wasQuoted || open == '(') {
          parts.add(part(part, wasQuoted, open));
        }
        return parts;
      } else if (!quoted && c == ',' && depth == 1) {
        parts.add(part(part, wasQuoted, open));
        part.setLength(0);
        wasQuoted = false;
      } else {
        part.append(c);
      }
    }
    return parts;
  }

  private static @Nullable String part(StringBuilder part, boolean wasQuoted, char open) {
    String text = part.toString();
    boolean isNull = open == '(' ? text.isEmpty() : text.equals("NULL");
    return isNull && !wasQuoted ? null : text;
  }
}
