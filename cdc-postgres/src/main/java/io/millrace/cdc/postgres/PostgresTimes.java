package io.millrace.cdc.postgres;

import io.millrace.cdc.event.Value;
import java.time.LocalDate;

/**
 * Dates and times as PostgreSQL prints them in JSON; fails with IllegalArgumentException or
 * DateTimeException for infinity.
 */
final class PostgresTimes {
  private static final String BEFORE_CHRIST = " BC";

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
