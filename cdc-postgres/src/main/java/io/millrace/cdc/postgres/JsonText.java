package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Walks over JSON that the server printed, in UTF-8 as it came, giving out slices of the text:
 * numbers stay digit for digit, and a json column's text comes out as the server holds it. That is
 * why no JSON library stands here: they give parsed values.
 */
final class JsonText {
  /** Told about one member of an object or element of an array; an element's name is empty. */
  interface Visitor {
    /** The value's text is {@code [start, end)}; see {@link JsonText#slice}. */
    void value(String name, int start, int end);
  }

  private final byte[] text;
  private int at;

  JsonText(byte[] text) {
    this.text = text;
  }

  String slice(int start, int end) {
    return new String(text, start, end - start, StandardCharsets.UTF_8);
  }

  char first(int start) {
    return (char) text[start];
  }

  /** Visits the members of the object that starts here. */
  void members(int start, Visitor visitor) {
    at = start;
    skipSpace();
    expect('{');
    skipSpace();
    if (peek() == '}') {
      at++;
      return;
    }
    while (true) {
      skipSpace();
      int nameStart = at;
      skipString();
      String name = string(nameStart, at);
      skipSpace();
      expect(':');
      if (visitAndIsLast(name, visitor, '}')) {
        return;
      }
    }
  }

  /** Where the values of an object are. */
  static final class Found {
    private byte[] text = {};

    /** Each value's start and end, two per member. */
    private final int[] bounds;

    Found(int members) {
      bounds = new int[2 * members];
    }

    int start(int member) {
      return bounds[2 * member];
    }

    int end(int member) {
      return bounds[2 * member + 1];
    }
  }

  /**
   * Finds the values of an object whose members have just these names, in this order. A value that
   * is, byte for byte, that of another object is not looked through.
   *
   * @param prefixes what the server prints before each value: brace or comma, name, colon
   * @param other where another object's values are
   * @param same which values are the other's
   * @param found where the values go
   * @return false where it is another object
   */
  boolean find(byte[][] prefixes, Found other, boolean[] same, Found found) {
    at = 0;
    found.text = text;
    for (int i = 0; i < prefixes.length; i++) {
      byte[] prefix = prefixes[i];
      int value = at + prefix.length;
      if (value >= text.length || !Arrays.equals(text, at, value, prefix, 0, prefix.length)) {
        return false;
      }
      at = value;
      same[i] = isThere(other, i);
      if (!same[i]) {
        skipSpace();
        value = at;
        skipValue();
      }
      found.bounds[2 * i] = value;
      found.bounds[2 * i + 1] = at;
      skipSpace();
    }
    return at == text.length - 1 && text[at] == '}';
  }

  /** Whether the other's value stands here, whole; then passes it. */
  private boolean isThere(Found other, int member) {
    int start = other.start(member);
    int end = at + other.end(member) - start;
    if (end == at
        || end >= text.length
        || (text[end] != ',' && text[end] != '}')
        || !Arrays.equals(text, at, end, other.text, start, other.end(member))) {
      return false;
    }
    at = end;
    return true;
  }

  /** Visits the elements of the array that starts here. */
  void elements(int start, Visitor visitor) {
    at = start;
    skipSpace();
    expect('[');
    skipSpace();
    if (peek() == ']') {
      at++;
      return;
    }
    while (!visitAndIsLast("", visitor, ']')) {
      skipSpace();
    }
  }

  private boolean visitAndIsLast(String name, Visitor visitor, char closing) {
    skipSpace();
    int valueStart = at;
    skipValue();
    int valueEnd = at;
    visitor.value(name, valueStart, valueEnd);
    at = valueEnd; // the visitor may have walked into the value
    skipSpace();
    if (peek() == ',') {
      at++;
      return false;
    }
    expect(closing);
    return true;
  }

  /** The characters of the string whose text, with its quotes, is {@code [start, end)}. */
  String string(int start, int end) {
    String text = slice(start + 1, end - 1);
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        plain.append(c);
        continue;
      }
      char escaped = text.charAt(++i);
      switch (escaped) {
        case 'b' -> plain.append('\b');
        case 'f' -> plain.append('\f');
        case 'n' -> plain.append('\n');
        case 'r' -> plain.append('\r');
        case 't' -> plain.append('\t');
        case 'u' -> {
          plain.append((char) Integer.parseInt(text, i + 1, i + 5, 16));
          i += 4;
        }
        default -> plain.append(escaped);
      }
    }
    return plain.toString();
  }

  private void skipValue() {
    switch (peek()) {
      case '"' -> skipString();
      case '{', '[' -> skipNested();
      default -> {
        while (at < text.length && !endsValue(text[at])) {
          at++;
        }
      }
    }
  }

  private static boolean endsValue(byte c) {
    return c == ',' || c == '}' || c == ']' || isSpace(c);
  }

  private void skipNested() {
    int depth = 0;
    do {
      char c = peek();
      if (c == '"') {
        skipString();
        continue;
      }
      if (c == '{' || c == '[') {
        depth++;
      } else if (c == '}' || c == ']') {
        depth--;
      }
      at++;
    } while (depth > 0);
  }

  private void skipString() {
    expect('"');
    for (int i = at; i < text.length; i++) {
      byte c = text[i];
      if (c == '"') {
        at = i + 1;
        return;
      }
      if (c == '\\') {
        i++;
      }
    }
    at = text.length;
    throw broken("its end");
  }

  private void skipSpace() {
    while (at < text.length && isSpace(text[at])) {
      at++;
    }
  }

  /** No byte of a longer character, which are negative. */
  private static boolean isSpace(byte c) {
    return c >= 0 && c <= ' ';
  }

  private char peek() {
    if (at >= text.length) {
      throw broken("its end");
    }
    return (char) text[at];
  }

  private void expect(char expected) {
    if (peek() != expected) {
      throw broken("'" + peek() + "' in place of '" + expected + "'");
    }
    at++;
  }

  private SourceException broken(String found) {
    return new SourceException(
        "A row of the change log is not what the trigger writes: found "
            + found
            + " at byte "
            + at
            + ".");
  }
}
