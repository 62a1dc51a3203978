package io.millrace.cdc.postgres;

import io.millrace.cdc.event.Value;
import java.time.DateTimeException;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

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
    boolean bc = text.endsWith(BEFORE_CHRIST);
    String plain = bc ? text.substring(0, text.length() - BEFORE_CHRIST.length()) : text;
    int t = split(plain);
    long nanos = nanos(plain.substring(t + 1));
    return new Value.DateTimeValue(
        seconds(plain.substring(0, t), bc, nanos), (int) (nanos % 1_000_000_000L));
  }

  static Value instant(String text) {
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

  /**
   * The moment that {@code [from, to)} is, where it is written as nearly all are: {@code
   * yyyy-mm-ddThh:mm:ss[.f…][±hh[:mm]]}. Null for anything else, a day that is none included.
   *
   * @param zoned whether there is an offset from UTC
   */
  static @Nullable Value usual(byte[] text, int from, int to, boolean zoned) {
    if (!isUsual(text, from, to)) {
      return null;
    }
    int end = fractionEnd(text, from, to);
    int offset = 0;
    if (zoned) {
      int length = to - end;
      boolean minutes = length == 6 && text[end + 3] == ':';
      if ((length != 3 && !minutes)
          || (text[end] != '+' && text[end] != '-')
          || !areDigits(text, end + 1, 2)
          || (minutes && !areDigits(text, end + 4, 2))) {
        return null;
      }
      offset = two(text, end + 1) * 3600 + (minutes ? two(text, end + 4) * 60 : 0);
      offset = text[end] == '+' ? offset : -offset;
    } else if (end != to) {
      return null;
    }
    int year = two(text, from) * 100 + two(text, from + 2);
    long day;
    try {
      day = LocalDate.of(year, two(text, from + 5), two(text, from + 8)).toEpochDay();
    } catch (DateTimeException e) {
      return null;
    }
    long seconds =
        day * 86_400
            + two(text, from + 11) * 3600L
            + two(text, from + 14) * 60L
            + two(text, from + 17)
            - offset;
    int nanos = fraction(text, from + USUAL + 1, end);
    return zoned
        ? new Value.TimestampValue(seconds, nanos)
        : new Value.DateTimeValue(seconds, nanos);
  }

  private static boolean isUsual(byte[] text, int from, int to) {
    if (to - from < USUAL
        || text[from + 4] != '-'
        || text[from + 7] != '-'
        || text[from + 10] != 'T'
        || text[from + 13] != ':'
        || text[from + 16] != ':') {
      return false;
    }
    return areDigits(text, from, 4)
        && areDigits(text, from + 5, 2)
        && areDigits(text, from + 8, 2)
        && areDigits(text, from + 11, 2)
        && areDigits(text, from + 14, 2)
        && areDigits(text, from + 17, 2);
  }

  private static int fractionEnd(byte[] text, int from, int to) {
    int at = from + USUAL;
    if (at < to && text[at] == '.') {
      at++;
      while (at < to && isDigit(text[at])) {
        at++;
      }
    }
    return at;
  }

  /** In nanoseconds. */
  private static int fraction(byte[] text, int first, int end) {
    int nanos = 0;
    for (int i = first; i < first + 9; i++) {
      nanos = nanos * 10 + (i < end ? text[i] - '0' : 0);
    }
    return nanos;
  }

  private static boolean areDigits(byte[] text, int at, int count) {
    for (int i = at; i < at + count; i++) {
      if (!isDigit(text[i])) {
        return false;
      }
    }
    return true;
  }

  /** Of two digits. */
  private static int two(byte[] text, int at) {
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
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
