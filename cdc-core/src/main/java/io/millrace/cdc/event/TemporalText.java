package io.millrace.cdc.event;

import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * One text for times in every database: ISO 8601, seconds always written, no trailing zeros in the
 * fraction.
 */
final class TemporalText {
  private static final long MICROS_PER_SECOND = 1_000_000;

  private TemporalText() {}

  static String time(long micros) {
    StringBuilder text = new StringBuilder(16);
    if (micros < 0) {
      text.append('-');
    }
    long rest = Math.abs(micros);
    long seconds = rest / MICROS_PER_SECOND;
    twoDigits(text, seconds / 3600).append(':');
    twoDigits(text, seconds / 60 % 60).append(':');
    twoDigits(text, seconds % 60);
    fraction(text, (int) (rest % MICROS_PER_SECOND) * 1000);
    return text.toString();
  }

  static String dateTime(long epochSecond, int nano) {
    LocalDateTime value = LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC);
    StringBuilder text = new StringBuilder(32).append(value.toLocalDate()).append('T');
    twoDigits(text, value.getHour()).append(':');
    twoDigits(text, value.getMinute()).append(':');
    twoDigits(text, value.getSecond());
    fraction(text, nano);
    return text.toString();
  }

  private static StringBuilder twoDigits(StringBuilder text, long value) {
    return value < 10 ? text.append('0').append(value) : text.append(value);
  }

  private static void fraction(StringBuilder text, int nano) {
    if (nano == 0) {
      return;
    }
    String digits = Integer.toString(1_000_000_000 + nano).substring(1);
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    text.append('.').append(digits, 0, end);
  }
}
