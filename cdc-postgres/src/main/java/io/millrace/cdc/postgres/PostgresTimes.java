package io.millrace.cdc.postgres;

import io.millrace.cdc.event.Value;
import java.time.LocalDate;

/**
 * Dates and times as PostgreSQL prints them in JSON; fails with IllegalArgumentException or
 * DateTimeException for infinity.
 */
final class PostgresTimes {
  private static final String BEFORE_CHRIST = " BC";

  /** The length of {@code yyyy-mm-ddThh:mm:ss}. */
  private static final int USUAL = 19;

  private PostgresTimes() {}

  static Value date(String text) {
    return new Value.DateValue(epochDay(text));
  }

  static Value time(String text) {
    return new Value.TimeValue(nanos(text) / 1000);
  }

  static Value timestamp(String text) {
    if (isUsual(text)) {
      int end = fractionEnd(text);
      if (end == text.length()) {
        return new Value.DateTimeValue(usualSeconds(text), fraction(text, end));
      }
    }
    boolean bc = text.endsWith(BEFORE_CHRIST);
    String plain = bc ? text.substring(0, text.length() - BEFORE_CHRIST.length()) : text;
    int t = split(plain);
    long nanos = nanos(plain.substring(t + 1));
    return new Value.DateTimeValue(
        seconds(plain.substring(0, t), bc, nanos), (int) (nanos % 1_000_000_000L));
  }

  static Value instant(String text) {
    if (isUsual(text)) {
      int end = fractionEnd(text);
      int length = text.length() - end;
      if ((length == 3 || (length == 6 && text.charAt(end + 3) == ':'))
          && (text.charAt(end) == '+' || text.charAt(end) == '-')) {
        int offset = two(text, end + 1) * 3600 + (length == 6 ? two(text, end + 4) * 60 : 0);
        long seconds = usualSeconds(text);
        return new Value.TimestampValue(
            text.charAt(end) == '+' ? seconds - offset : seconds + offset, fraction(text, end));
      }
    }
    boolean bc = text.endsWith(BEFORE_CHRIST);
    String plain = bc ? text.substring(0, text.length() - BEFORE_CHRIST.length()) : text;
    int t = split(plain);
    int zone = Math.max(plain.indexOf('+', t), plain.indexOf('-', t));
    if (zone < 0) {
      throw new IllegalArgumentException(text);
    }
    long nanos = nanos(plain.substring(t + 1, zone));
    long offset = nanos(plain.substring(zone + 1)) / 1_000_000_000L;
    long seconds = seconds(plain.substring(0, t), bc, nanos);
    return new Value.TimestampValue(
        plain.charAt(zone) == '+' ? seconds - offset : seconds + offset,
        (int) (nanos % 1_000_000_000L));
  }

  /** Whether it begins as nearly all do: {@code yyyy-mm-ddThh:mm:ss}. */
  private static boolean isUsual(String text) {
    return text.length() >= USUAL
        && text.charAt(4) == '-'
        && text.charAt(7) == '-'
        && text.charAt(10) == 'T'
        && text.charAt(13) == ':'
        && text.charAt(16) == ':';
  }

  private static int fractionEnd(String text) {
    int at = USUAL;
    if (at < text.length() && text.charAt(at) == '.') {
      at++;
      while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
        at++;
      }
    }
    return at;
  }

  /** In nanoseconds. */
  private static int fraction(String text, int end) {
    int nanos = 0;
    for (int i = USUAL + 1; i <= USUAL + 9; i++) {
      nanos = nanos * 10 + (i < end ? text.charAt(i) - '0' : 0);
    }
    return nanos;
  }

  private static long usualSeconds(String text) {
    long day =
        LocalDate.of(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8)).toEpochDay();
    return day * 86_400 + two(text, 11) * 3600L + two(text, 14) * 60L + two(text, USUAL - 2);
  }

  private static int two(String text, int at) {
    return digit(text.charAt(at)) * 10 + digit(text.charAt(at + 1));
  }

  private static int digit(char c) {
    if (c < '0' || c > '9') {
      throw new IllegalArgumentException("not a digit: " + c);
    }
    return c - '0';
  }

  private static int split(String text) {
    int t = text.indexOf('T');
    if (t < 0) {
      throw new IllegalArgumentException(text);
    }
    return t;
  }

  private static long seconds(String date, boolean bc, long nanosOfDay) {
    return epochDay(bc ? date + BEFORE_CHRIST : date) * 86_400 + nanosOfDay / 1_000_000_000L;
  }

  private static long epochDay(String text) {
    boolean bc = text.endsWith(BEFORE_CHRIST);
    String[] parts =
        (bc ? text.substring(0, text.length() - BEFORE_CHRIST.length()) : text).split("-", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException(text);
    }
    int year = Integer.parseInt(parts[0]);
    return LocalDate.of(
            bc ? 1 - year : year, Integer.parseInt(parts[1]), Integer.parseInt(parts[2]))
        .toEpochDay();
  }

  /** {@code HH[:MM[:SS[.ffffff]]]}, 24:00:00 included. */
  private static long nanos(String text) {
    String[] parts = text.split(":", -1);
    long seconds = Long.parseLong(parts[0]) * 3600;
    long nanos = 0;
    if (parts.length > 1) {
      seconds += Long.parseLong(parts[1]) * 60;
    }
    if (parts.length > 2) {
      int point = parts[2].indexOf('.');
      seconds += Long.parseLong(point < 0 ? parts[2] : parts[2].substring(0, point));
      if (point >= 0) {
        String fraction = parts[2].substring(point + 1);
        nanos = Long.parseLong(fraction + "0".repeat(9 - fraction.length()));
      }
    }
    return seconds * 1_000_000_000L + nanos;
  }
}
