package io.millrace.cdc.postgres;

/**
 * Whether a value is printed as its type prints its values. Where a column was given another type,
 * or a composite type another field, and the reader does not know it yet, values would be taken for
 * what they are no longer: the text 007 for the number 7.
 */
final class TypeFit {
  /** More digits than the shortest text of any such number has. */
  private static final int FLOAT_DIGITS = 9;

  private static final int DOUBLE_DIGITS = 17;

  private TypeFit() {}

  /** Of the value whose text is {@code [start, end)}; NULL is of any type. */
  static boolean fits(PgType type, JsonText json, int start, int end) {
    char first = json.first(start);
    if (first == 'n') {
      return true;
    }
    return switch (type.kind()) {
      case BOOL -> first == 't' || first == 'f';
      case INTEGER ->
          type.name().equals("oid") // a number that stands in quotes
              ? first == '"'
              : isNumber(first) && isWhole(json, start, end);
      case NUMERIC -> isNumber(first) || isNoNumber(json, start, end);
      case FLOAT -> isFloat(json, start, end, FLOAT_DIGITS);
      case DOUBLE -> isFloat(json, start, end, DOUBLE_DIGITS);
      case TEXT, PADDED_TEXT, BYTES, DATE, TIME, TIMESTAMP, INSTANT, UUID -> first == '"';
      case ARRAY -> first != '[' || elementsFit(type, json, start);
      case COMPOSITE -> first != '{' || fieldsFit(type, json, start);
      case JSON, HSTORE, RAW -> true;
    };
  }

  private static boolean isNumber(char first) {
    return first == '-' || (first >= '0' && first <= '9');
  }

  private static boolean isWhole(JsonText json, int start, int end) {
    for (int at = start + 1; at < end; at++) {
      char c = json.first(at);
      if (c < '0' || c > '9') {
        return false;
      }
    }
    return true;
  }

  /** NaN and the infinities stand in quotes. */
  private static boolean isNoNumber(JsonText json, int start, int end) {
    if (json.first(start) != '"') {
      return false;
    }
    String text = json.slice(start + 1, end - 1);
    return text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity");
  }

  private static boolean isFloat(JsonText json, int start, int end, int mostDigits) {
    if (!isNumber(json.first(start))) {
      return isNoNumber(json, start, end);
    }
    if (end - start <= mostDigits) {
      return true;
    }
    int digits = 0;
    int zeros = 0;
    for (int at = start; at < end && json.first(at) != 'e'; at++) {
      char c = json.first(at);
      if (c == '0') {
        zeros += digits > 0 ? 1 : 0;
      } else if (c > '0' && c <= '9') {
        digits += 1 + zeros;
        zeros = 0;
      }
    }
    return digits <= mostDigits;
  }

  private static boolean elementsFit(PgType type, JsonText json, int start) {
    PgType element = type.element();
    if (element == null || element.kind() == PgType.Kind.JSON) {
      return true;
    }
    boolean[] fit = {true};
    json.elements(
        start,
        (name, from, to) ->
            fit[0] &=
                json.first(from) == '['
                    ? elementsFit(type, json, from)
                    : fits(element, json, from, to));
    return fit[0];
  }

  private static boolean fieldsFit(PgType type, JsonText json, int start) {
    boolean[] fit = {true};
    json.members(
        start,
        (name, from, to) -> {
          PgType field = type.fields().get(name);
          fit[0] &= field != null && fits(field, json, from, to);
        });
    return fit[0];
  }
}
