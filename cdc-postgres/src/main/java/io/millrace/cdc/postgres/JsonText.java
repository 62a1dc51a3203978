package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.Value;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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

  /** What no number of so few digits is. */
  static final long NO_INTEGER = Long.MIN_VALUE;

  private static final int MOST_DIGITS = 18;

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

  /** The number whose digits are {@code [start, end)}; {@link #NO_INTEGER} for anything else. */
  long integer(int start, int end) {
    boolean negative = text[start] == '-';
    int at = negative ? start + 1 : start;
    if (at == end || end - at > MOST_DIGITS) {
      return NO_INTEGER;
    }
    long number = 0;
    for (; at < end; at++) {
      int digit = text[at] - '0';
      if (digit < 0 || digit > 9) {
        return NO_INTEGER;
      }
      number = number * 10 + digit;
    }
    return negative ? -number : number;
  }

  /**
   * The moment that {@code [start, end)}, with its quotes, is in the form in which nearly all are
   * printed; null for any other.
   *
   * @param zoned whether an offset from UTC is part of it
   */
  @Nullable Value moment(int start, int end, boolean zoned) {
    return text[start] == '"' ? PostgresTimes.usual(text, start + 1, end - 1, zoned) : null;
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

  /** Where the members of an object are. */
  static final class Found {
    private byte[] text = {};

    /** Each member's begin, which is that of its prefix, and its value's start and end. */
    private final int[] bounds;

    Found(int members) {
      bounds = new int[3 * members];
    }

    private int begin(int member) {
      return bounds[3 * member];
    }

    int start(int member) {
      return bounds[3 * member + 1];
    }

    int end(int member) {
      return bounds[3 * member + 2];
    }

    private void put(int member, int begin, int start, int end) {
      bounds[3 * member] = begin;
      bounds[3 * member + 1] = start;
      bounds[3 * member + 2] = end;
    }
  }

  /**
   * Finds the values of an object whose members have just these names, in this order. A member that
   * is, byte for byte, that of another object is not looked through: the two texts are compared
   * from one difference to the next.
   *
   * @param prefixes what the server prints before each value: brace or comma, name, colon
   * @param other where another object's members are, found with the same prefixes; or nothing yet
   * @param same which values are the other's
   * @param found where the members go
   * @return false where it is another object
   */
  boolean find(byte[][] prefixes, Found other, boolean[] same, Found found) {
    byte[] before = other.text;
    int shift = 0;
    int alike = 0; // up to here this text is the other's, moved by shift
    at = 0;
    found.text = text;
    for (int i = 0; i < prefixes.length; i++) {
      int begin = at;
      if (before.length > 0 && (alike <= begin || begin - other.begin(i) != shift)) {
        shift = begin - other.begin(i);
        alike = begin + alike(begin, before, other.begin(i));
      }
      // The byte after the value, too: else the value may go on.
      same[i] = other.end(i) + shift < alike;
      if (same[i]) {
        at = other.end(i) + shift;
        found.put(i, begin, other.start(i) + shift, at);
      } else {
        byte[] prefix = prefixes[i];
        int value = begin + prefix.length;
        if (value >= text.length
            || (alike < value && !Arrays.equals(text, begin, value, prefix, 0, prefix.length))) {
          return false;
        }
        at = value;
        skipSpace();
        value = at;
        skipValue();
        found.put(i, begin, value, at);
      }
      skipSpace();
    }
    return at == text.length - 1 && text[at] == '}';
  }

  /** How many bytes from here on are those of another text from there on. */
  private int alike(int here, byte[] other, int there) {
    int length = Math.min(text.length - here, other.length - there);
    int difference = Arrays.mismatch(text, here, here + length, other, there, there + length);
    return difference < 0 ? length : difference;
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
