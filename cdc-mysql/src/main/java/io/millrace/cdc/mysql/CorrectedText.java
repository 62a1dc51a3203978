package io.millrace.cdc.mysql;

import java.nio.charset.Charset;
import java.util.Map;

/**
 * Text of a character set of several bytes a character, some of which the server reads otherwise
 * than the JDK: those are put right, what lies between them is the JDK's.
 */
final class CorrectedText implements MySqlCharsets.TextDecoder {
  private final Charset charset;
  private final String name;
  private final Map<Integer, Character> corrections;

  CorrectedText(Charset charset, String name, Map<Integer, Character> corrections) {
    this.charset = charset;
    this.name = name;
    this.corrections = corrections;
  }

  @Override
  public String decode(byte[] bytes, int offset, int length) {
    int end = offset + length;
    StringBuilder text = new StringBuilder(length);
    int plain = offset;
    int next;
    for (int i = offset; i < end; i = next) {
      next = Math.min(end, i + size(bytes, i, end));
      Character right = next == i + 1 ? null : corrections.get(code(bytes, i, next));
      if (right != null) {
        text.append(MySqlCharsets.strict(charset, name, bytes, plain, i - plain)).append(right);
        plain = next;
      }
    }
    return text.append(MySqlCharsets.strict(charset, name, bytes, plain, end - plain)).toString();
  }

  private static int code(byte[] bytes, int from, int to) {
    int code = 0;
    for (int i = from; i < to; i++) {
      code = code << Byte.SIZE | (bytes[i] & 0xff);
    }
    return code;
  }

  /** How many bytes the character has that begins here. */
  private int size(byte[] bytes, int position, int end) {
    int first = bytes[position] & 0xff;
    if (first <= 0x80) {
      return 1;
    }
    return switch (name) {
      case "sjis" -> first >= 0xa0 && first <= 0xdf ? 1 : 2;
      case "ujis", "eucjpms" -> first == 0x8f ? 3 : 2;
      case "gb18030" -> position + 1 < end && isDigit(bytes[position + 1]) ? 4 : 2;
      default -> 2;
    };
  }

  private static boolean isDigit(byte second) {
    return second >= '0' && second <= '9';
  }
}
