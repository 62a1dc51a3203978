package io.millrace.cdc.event;

import java.math.BigDecimal;

/** The text of a decimal: {@code -?digits[.digits]}, NaN, Infinity, -Infinity. */
final class DecimalText {
  private DecimalText() {}

  static boolean isDecimal(String text) {
    int length = text.length();
    int start = length > 0 && text.charAt(0) == '-' ? 1 : 0;
    int point = -1;
    for (int i = start; i < length; i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        continue;
      }
      if (c != '.' || point >= 0 || i == start || i + 1 == length) {
        return isNamed(text);
      }
      point = i;
    }
    return length > start;
  }

  private static boolean isNamed(String text) {
    return text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity");
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
}
