package io.millrace.cdc.mysql;

import io.millrace.cdc.event.Value;
import java.time.YearMonth;

/** Dates and times to the microsecond; zero and partial dates, which no calendar has, stay text. */
final class Temporals {
  private static final int[] MICROS = {0, 10_000, 100, 1};
  private static final int[] POWERS = {1, 10, 100, 1_000, 10_000, 100_000, 1_000_000};
  private static final int[] DAYS_BEFORE = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

  /** From the beginning of year 0 to 1970. */
  private static final long DAYS_TO_EPOCH = 719_528;

  private static final long SECONDS_PER_DAY = 86_400;
  private static final long MICROS_PER_SECOND = 1_000_000;

  private Temporals() {}

  static Value date(ByteReader in) {
    int packed = (int) in.unsigned(3);
    int year = packed >> 9;
    int month = packed >> 5 & 15;
    int day = packed & 31;
    if (isDate(year, month, day)) {
      return new Value.DateValue(epochDay(year, month, day));
    }
    StringBuilder text = new StringBuilder(10);
    appendDate(text, year, month, day);
    return new Value.RawValue("mysql:date", text.toString());
  }

  static Value dateTime(ByteReader in, int digits) {
    long packed = in.bigEndian(5) - 0x8000000000L;
    int micros = micros(in, digits);
    int yearMonth = (int) (packed >> 22);
    int year = yearMonth / 13;
    int month = yearMonth % 13;
    int day = (int) (packed >> 17) & 31;
    int hour = (int) (packed >> 12) & 31;
    int minute = (int) (packed >> 6) & 63;
    int second = (int) packed & 63;
    if (isDate(year, month, day)) {
      long seconds = epochDay(year, month, day) * SECONDS_PER_DAY;
      return new Value.DateTimeValue(seconds + hour * 3600L + minute * 60L + second, micros * 1000);
    }
    StringBuilder text = new StringBuilder(26);
    appendDate(text, year, month, day);
    pad(text.append(' '), hour, 2);
    pad(text.append(':'), minute, 2);
    pad(text.append(':'), second, 2);
    appendFraction(text, micros, digits);
    return new Value.RawValue("mysql:datetime", text.toString());
  }

  static Value timestamp(ByteReader in, int digits) {
    long seconds = Integer.reverseBytes(in.s32()) & 0xffff_ffffL;
    int micros = micros(in, digits);
    if (seconds == 0 && micros == 0) {
      StringBuilder text = new StringBuilder("0000-00-00 00:00:00");
      appendFraction(text, 0, digits);
      return new Value.RawValue("mysql:timestamp", text.toString());
    }
    return new Value.TimestampValue(seconds, micros * 1000);
  }

  /**
   * A signed duration; a negative one is stored as the complement of the whole, fraction included.
   */
  static Value time(ByteReader in, int digits) {
    int fractionBytes = (digits + 1) / 2;
    int shift = 8 * fractionBytes;
    long packed = in.bigEndian(3 + fractionBytes) - (0x800000L << shift);
    boolean negative = packed < 0;
    long rest = Math.abs(packed);
    long fraction = rest & ((1L << shift) - 1);
    long clock = rest >> shift;
    long seconds = (clock >> 12 & 0x3ff) * 3600 + (clock >> 6 & 63) * 60 + (clock & 63);
    long micros = seconds * MICROS_PER_SECOND + fraction * MICROS[fractionBytes];
    return new Value.TimeValue(negative ? -micros : micros);
  }

  private static int micros(ByteReader in, int digits) {
    int bytes = (digits + 1) / 2;
    return (int) in.bigEndian(bytes) * MICROS[bytes];
  }

  private static boolean isDate(int year, int month, int day) {
    return month >= 1
        && month <= 12
        && day >= 1
        && (day <= 28 || day <= YearMonth.of(year, month).lengthOfMonth());
  }

  /** Days since 1970-01-01 of a date that {@link #isDate} knows, years from 0 on. */
  static long epochDay(int year, int month, int day) {
    boolean leap = (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
    long before = 365L * year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    return before
        + DAYS_BEFORE[month - 1]
        + (leap && month > 2 ? 1 : 0)
        + (day - 1)
        - DAYS_TO_EPOCH;
  }

  private static void appendDate(StringBuilder text, int year, int month, int day) {
    pad(text, year, 4);
    pad(text.append('-'), month, 2);
    pad(text.append('-'), day, 2);
  }

  private static void appendFraction(StringBuilder text, int micros, int digits) {
    if (digits > 0) {
      pad(text.append('.'), micros / POWERS[6 - digits], digits);
    }
  }

  private static void pad(StringBuilder text, int value, int width) {
    for (int power = POWERS[width - 1]; power > 0; power /= 10) {
      text.append((char) ('0' + value / power % 10));
    }
  }
}
