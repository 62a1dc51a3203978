package io.millrace.cdc.event;

import java.math.BigDecimal;
import java.math.MathContext;

/**
 * One text for floating-point numbers: the fewest digits that give the number back, without
 * exponent. Not Java's own text, which changed in Java 19: an id must be the same in every process.
 */
final class FloatingText {
  private static final int FLOAT_DIGITS = 9;
  private static final int DOUBLE_DIGITS = 17;

  private FloatingText() {}

  static String of(double value) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    BigDecimal exact = new BigDecimal(value);
    for (int digits = 1; digits < DOUBLE_DIGITS; digits++) {
      BigDecimal shorter = exact.round(new MathContext(digits));
      if (shorter.doubleValue() == value) {
        return DecimalText.canonical(shorter);
      }
    }
    return DecimalText.canonical(exact.round(new MathContext(DOUBLE_DIGITS)));
  }

  static String of(float value) {
    if (!Float.isFinite(value)) {
      return Float.toString(value);
    }
    BigDecimal exact = new BigDecimal(value);
    for (int digits = 1; digits < FLOAT_DIGITS; digits++) {
      BigDecimal shorter = exact.round(new MathContext(digits));
      if (shorter.floatValue() == value) {
        return DecimalText.canonical(shorter);
      }
    }
    return DecimalText.canonical(exact.round(new MathContext(FLOAT_DIGITS)));
  }
}
