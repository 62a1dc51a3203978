package io.millrace.cdc.event;

import java.math.BigDecimal;

/** The text of a decimal: {@code -?digits[.digits]}, NaN, Infinity, -Infinity. */
final class DecimalText {
  private DecimalText() {}

  static boolean isDecimal(String text) {
    int length = text.length();
    int start = length > 0 && text.charAt(0) == '-' ? 1 : 0;
    int point = digits(text, start);
    if (point == start) {
      return text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity");
    }
    if (point == length) {
      return true;
    }
    return text.charAt(point) == '.' && point + 1 < length && digits(text, point + 1) == length;
  }

  /** Equal numbers have one text: no trailing zeros, no exponent, no sign of zero. */
  static String canonical(String text) {
    char last = text.charAt(text.length() - 1);
    return last < '0' || last > '9' ? text : canonical(new BigDecimal(text));
  }

  /** As {@link #canonical(String)}. */
  static String canonical(BigDecimal number) {
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }

  /** The index behind the digits that start at an index. */
  private static int digits(String text, int start) {
    int i = start;
    while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
      i++;
    }
    return i;
  }
}
