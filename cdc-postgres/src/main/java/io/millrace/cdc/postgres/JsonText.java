package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;

/**
 * Walks over JSON that the server printed, giving out slices of the text: numbers stay digit for
 * digit, and a json column's text comes out as the server holds it. That is why no JSON library
 * stands here: they give parsed values.
 */
final class JsonText {
  /** Told about one member of an object or element of an array; an element's name is empty. */
  interface Visitor {
    /** The value's text is {@code [start, end)}; see {@link JsonText#slice}. */
    void value(String name, int start, int end);
  }

  private final String text;
  private int at;

  JsonText(String text) {
    this.text = text;
  }

  String slice(int start, int end) {
    return text.substring(start, end);
  }

  char first(int start) {
    return text.charAt(start);
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

  /**
   * Finds the values of an object whose members have just these names, in this order.
   *
   * @param prefixes what the server prints before each value: brace or comma, name, colon
   * @param bounds where each value's start and end go, two per member
   * @return false where it is another object
   */
  boolean find(String[] prefixes, int[] bounds) {
    at = 0;
    for (int i = 0; i < prefixes.length; i++) {
      if (!text.startsWith(prefixes[i], at)) {
        return false;
      }
      at += prefixes[i].length();
      skipSpace();
      bounds[2 * i] = at;
      skipValue();
      bounds[2 * i + 1] = at;
      skipSpace();
    }
    return at == text.length() - 1 && text.charAt(at) == '}';
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
    int firstEscape = text.indexOf('\\', start);
    if (firstEscape < 0 || firstEscape >= end) {
      return text.substring(start + 1, end - 1);
    }
    StringBuilder plain = new StringBuilder(end - start);
    for (int i = start + 1; i < end - 1; i++) {
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
        while (at < text.length() && !endsValue(text.charAt(at))) {
          at++;
        }
      }
    }
  }

  private static boolean endsValue(char c) {
    return c == ',' || c == '}' || c == ']' || c <= ' ';
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
    while (true) {
      char c = peek();
      at++;
      if (c == '"') {
        return;
      }
      at += c == '\\' ? 1 : 0;
    }
  }

  private void skipSpace() {
    while (at < text.length() && text.charAt(at) <= ' ') {
      at++;
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw broken("its end");
    }
    return text.charAt(at);
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
            + " at character "
            + at
            + ".");
  }
}
