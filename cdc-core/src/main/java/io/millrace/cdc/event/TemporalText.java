package io.millrace.cdc.event;

import io.millrace.cdc.internal.Check;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * One text for times in every database: ISO 8601, seconds always written, no trailing zeros in the
 * fraction.
 */
final class TemporalText {
  private static final long MICROS_PER_SECOND = 1_000_000;

  private static final long MIN_EPOCH_DAY = LocalDate.MIN.toEpochDay();
  private static final long MAX_EPOCH_DAY = LocalDate.MAX.toEpochDay();
  private static final long MIN_EPOCH_SECOND = LocalDateTime.MIN.toEpochSecond(ZoneOffset.UTC);
  private static final long MAX_EPOCH_SECOND = LocalDateTime.MAX.toEpochSecond(ZoneOffset.UTC);

  private TemporalText() {}

  // The conditions stand outside the calls: these run for every value that is read, and their
  // texts' arguments would be boxed each time.

  static void checkEpochDay(long epochDay) {
    if (epochDay < MIN_EPOCH_DAY || epochDay > MAX_EPOCH_DAY) {
      Check.argument(
          false,
          "a date lies within the years -999999999 to 999999999, got day %s of the epoch",
          epochDay);
    }
  }

  static void checkEpochSecond(long epochSecond, int nano) {
    if (epochSecond < MIN_EPOCH_SECOND || epochSecond > MAX_EPOCH_SECOND) {
      Check.argument(
          false,
          "a time lies within the years -999999999 to 999999999, got second %s of the epoch",
          epochSecond);
    }
    if (nano < 0 || nano > 999_999_999) {
      Check.argument(false, "a time has 0 to 999999999 nanoseconds, got %s", nano);
    }
  }

  static String time(long micros) {
    StringBuilder text = new StringBuilder(16);
    if (micros < 0) {
      text.append('-');
    }
    // Divided before the sign goes: Long.MIN_VALUE has no positive twin.
    long seconds = Math.abs(micros / MICROS_PER_SECOND);
    twoDigits(text, seconds / 3600).append(':');
    twoDigits(text, seconds / 60 % 60).append(':');
    twoDigits(text, seconds % 60);
    fraction(text, (int) Math.abs(micros % MICROS_PER_SECOND) * 1000);
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
