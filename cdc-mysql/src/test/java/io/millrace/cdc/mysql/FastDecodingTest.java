package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.Value;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the decoder computes by itself, against the JDK, which does the same more slowly. */
final class FastDecodingTest {
  @Test
  void every_day_of_the_calendar_has_the_number_that_java_gives_it() {
    for (LocalDate day = LocalDate.of(0, 1, 1); day.getYear() < 10_000; day = day.plusDays(1)) {
      long number = Temporals.epochDay(day.getYear(), day.getMonthValue(), day.getDayOfMonth());
      if (number != day.toEpochDay()) {
        assertThat(number).as("%s", day).isEqualTo(day.toEpochDay());
      }
    }
  }

  @Test
  void every_character_is_read_as_java_reads_it() {
    Utf8Text text = new Utf8Text();
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        String one = new String(Character.toChars(c));
        check(text, ("abcdefgh" + one + "é").getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  @Test
  void any_bytes_are_read_as_java_reads_them() {
    Utf8Text text = new Utf8Text();
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] likely = {'a', ' ', (byte) 0xc2, (byte) 0xc3, (byte) 0x80, (byte) 0xbf, (byte) 0xe2, -1};
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[random.nextInt(i % 100 == 0 ? 1_100 : 40)];
      int known = random.nextInt(4);
      for (int j = 0; j < bytes.length; j++) {
        bytes[j] =
            known == 0
                ? (byte) random.nextInt(256)
                : known == 1 ? (byte) random.nextInt(128) : likely[random.nextInt(likely.length)];
      }
      check(text, bytes);
    }
  }

  private static void check(Utf8Text text, byte[] bytes) {
    byte[] around = new byte[bytes.length + 20];
    Arrays.fill(around, (byte) 'x');
    System.arraycopy(bytes, 0, around, 9, bytes.length);
    String read = text.of(around, 9, bytes.length);
    String expected = new String(bytes, StandardCharsets.UTF_8);
    if (!read.equals(expected)) {
      assertThat(read).as("%s", HexFormat.of().formatHex(bytes)).isEqualTo(expected);
    }
  }

  @Test
  void words_that_come_again_are_the_ones_that_were_written() {
    MySqlCharsets.TextDecoder utf8 = MySqlCharsets.decoder("utf8mb4");
    ValueReader words = RepeatedValues.words(1, utf8);
    Random random = new Random(11);
    for (int i = 0; i < 200_000; i++) {
      // Few letters and NUL, so that words come again, and share beginnings with longer ones.
      StringBuilder word = new StringBuilder();
      for (int left = random.nextInt(10); left > 0; left--) {
        word.append(new char[] {'a', 'b', 0, 'é'}[random.nextInt(4)]);
      }
      byte[] bytes = word.toString().getBytes(StandardCharsets.UTF_8);
      byte[] around = new byte[bytes.length + 1 + random.nextInt(12)];
      random.nextBytes(around);
      around[0] = (byte) bytes.length;
      System.arraycopy(bytes, 0, around, 1, bytes.length);
      ByteReader in = new ByteReader(around, 0, bytes.length + 1);
      Value read = words.read(in);
      if (!read.equals(Value.of(word.toString())) || in.hasMore()) {
        assertThat(read).isEqualTo(Value.of(word.toString()));
        assertThat(in.remaining()).isZero();
      }
    }
  }

  @Test
  void a_time_that_comes_again_is_the_one_that_was_written() {
    Random random = new Random(12);
    for (int digits = 0; digits <= 6; digits++) {
      int width = 5 + (digits + 1) / 2;
      int precision = digits;
      ValueReader times = RepeatedValues.last(width, in -> Temporals.dateTime(in, precision));
      byte[] bytes = new byte[width + 12];
      for (int i = 0; i < 2_000; i++) {
        if (random.nextBoolean()) {
          bytes[random.nextInt(5)] ^= (byte) (1 << random.nextInt(8));
          bytes[width + random.nextInt(12)]++; // of another column
          if (width > 5) {
            bytes[5] = (byte) random.nextInt(15); // of a fraction below one second
          }
        }
        int end = i % 3 == 0 ? width : bytes.length; // too short to be looked at as one number
        byte[] around = Arrays.copyOf(bytes, end);
        ByteReader in = new ByteReader(around, 0, width);
        Value expected = Temporals.dateTime(new ByteReader(around, 0, width), precision);
        assertThat(times.read(in)).isEqualTo(expected);
        assertThat(in.hasMore()).isFalse();
      }
    }
  }

  @Test
  void decimals_of_every_width_keep_every_digit() {
    Random random = new Random(7);
    for (int precision = 1; precision <= 65; precision++) {
      for (int scale = 0; scale <= Math.min(30, precision); scale++) {
        for (int i = 0; i < 8; i++) {
          BigInteger digits =
              i == 0
                  ? BigInteger.ZERO
                  : i == 1
                      ? BigInteger.TEN.pow(precision).subtract(BigInteger.ONE)
                      : new BigInteger(1 + random.nextInt(216), random)
                          .mod(BigInteger.TEN.pow(precision));
          BigDecimal number = new BigDecimal(i % 2 == 0 ? digits : digits.negate(), scale);
          ByteReader in = reader(number, precision, scale);
          assertThat(Decimals.read(in, precision, scale)).isEqualTo(Value.of(number));
          assertThat(in.hasMore()).isFalse();
        }
      }
    }
  }

  /** As the server packs it. */
  private static ByteReader reader(BigDecimal number, int precision, int scale) {
    String text = number.unscaledValue().abs().toString();
    text = "0".repeat(precision - text.length()) + text;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int whole = precision - scale;
    group(out, text.substring(0, whole % 9));
    for (int at = whole % 9; at < precision; at += 9) {
      group(out, text.substring(at, at < whole ? at + 9 : Math.min(precision, at + 9)));
    }
    byte[] bytes = out.toByteArray();
    if (number.signum() < 0) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) ~bytes[i];
      }
    }
    bytes[0] ^= (byte) 0x80;
    return new ByteReader(bytes, 0, bytes.length);
  }

  private static void group(ByteArrayOutputStream out, String digits) {
    if (!digits.isEmpty()) {
      int[] widths = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
      int value = Integer.parseInt(digits);
      for (int i = widths[digits.length()] - 1; i >= 0; i--) {
        out.write(value >>> (8 * i));
      }
    }
  }
}
