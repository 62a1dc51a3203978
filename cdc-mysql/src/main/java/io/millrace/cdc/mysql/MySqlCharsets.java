package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the server's character sets become text: by the JDK's tables, with {@link CharsetCorrections}
 * where the server reads otherwise. Strict: bytes that a character set does not know are an error,
 * never a replacement character.
 */
final class MySqlCharsets {
  /** Turns bytes of one character set into text. Used by one thread. */
  interface TextDecoder {
    String decode(byte[] bytes, int offset, int length);
  }

  private static final char UNKNOWN = '\uFFFD';

  private static final Map<String, String> JAVA_NAMES =
      Map.ofEntries(
          Map.entry("utf8", "UTF-8"),
          Map.entry("utf8mb3", "UTF-8"),
          Map.entry("utf8mb4", "UTF-8"),
          Map.entry("utf16", "UTF-16BE"),
          Map.entry("utf16le", "UTF-16LE"),
          Map.entry("ucs2", "UTF-16BE"),
          Map.entry("utf32", "UTF-32BE"),
          Map.entry("ascii", "US-ASCII"),
          Map.entry("latin1", "windows-1252"),
          Map.entry("latin2", "ISO-8859-2"),
          Map.entry("latin5", "ISO-8859-9"),
          Map.entry("latin7", "ISO-8859-13"),
          Map.entry("greek", "ISO-8859-7"),
          Map.entry("hebrew", "ISO-8859-8"),
          Map.entry("cp1250", "windows-1250"),
          Map.entry("cp1251", "windows-1251"),
          Map.entry("cp1256", "windows-1256"),
          Map.entry("cp1257", "windows-1257"),
          Map.entry("cp850", "IBM850"),
          Map.entry("cp852", "IBM852"),
          Map.entry("cp866", "IBM866"),
          Map.entry("koi8r", "KOI8-R"),
          Map.entry("koi8u", "KOI8-U"),
          Map.entry("tis620", "TIS-620"),
          Map.entry("macroman", "x-MacRoman"),
          Map.entry("macce", "x-MacCentralEurope"),
          Map.entry("gbk", "x-mswin-936"),
          Map.entry("gb2312", "GB2312"),
          Map.entry("gb18030", "GB18030"),
          Map.entry("big5", "Big5"),
          Map.entry("sjis", "Shift_JIS"),
          Map.entry("cp932", "windows-31j"),
          Map.entry("ujis", "EUC-JP"),
          Map.entry("euckr", "x-windows-949"),
          Map.entry("eucjpms", "x-eucJP-Open"),
          Map.entry("armscii8", "US-ASCII"),
          Map.entry("dec8", "US-ASCII"),
          Map.entry("geostd8", "US-ASCII"),
          Map.entry("hp8", "US-ASCII"),
          Map.entry("keybcs2", "US-ASCII"),
          Map.entry("swe7", "US-ASCII"));

  private MySqlCharsets() {}

  /** Whether text of this character set can be read. */
  static boolean isKnown(String name) {
    return name.equals("binary") || javaCharset(name) != null;
  }

  /**
   * The decoder of a character set by the server's name for it.
   *
   * @throws SourceException if there is none
   */
  static TextDecoder decoder(String name) {
    Charset charset = javaCharset(name);
    if (charset == null) {
      throw new SourceException(
          "Character set '"
              + name
              + "' is not supported: convert the column to utf8mb4 or do not capture its table.");
    }
    if (charset.equals(StandardCharsets.UTF_8)) {
      Utf8Text utf8 = new Utf8Text();
      return (bytes, offset, length) -> utf8(utf8, bytes, offset, length);
    }
    if (name.startsWith("utf")
        || name.equals("ucs2")
        || charset.newEncoder().maxBytesPerChar() > 1) {
      Map<Integer, Character> corrections = CharsetCorrections.of(name);
      return corrections.isEmpty()
          ? (bytes, offset, length) -> strict(charset, name, bytes, offset, length)
          : new CorrectedText(charset, name, corrections);
    }
    char[] table = table(charset, name.equals("latin1"));
    CharsetCorrections.of(name).forEach((code, character) -> table[code] = character);
    return (bytes, offset, length) -> single(table, name, bytes, offset, length);
  }

  private static @Nullable Charset javaCharset(String name) {
    String java = JAVA_NAMES.get(name);
    return java != null && Charset.isSupported(java) ? Charset.forName(java) : null;
  }

  private static String utf8(Utf8Text utf8, byte[] bytes, int offset, int length) {
    String text = utf8.of(bytes, offset, length);
    // A replacement character may stand in the data, or hide bytes that are no UTF-8.
    return text.indexOf(UNKNOWN) < 0
        ? text
        : strict(StandardCharsets.UTF_8, "utf8mb4", bytes, offset, length);
  }

  static String strict(Charset charset, String name, byte[] bytes, int offset, int length) {
    try {
      return charset
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes, offset, length))
          .toString();
    } catch (CharacterCodingException e) {
      throw new SourceException("a value is not valid in character set '" + name + "'", e);
    }
  }

  private static String single(char[] table, String name, byte[] bytes, int offset, int length) {
    char[] text = new char[length];
    for (int i = 0; i < length; i++) {
      char c = table[bytes[offset + i] & 0xff];
      if (c == UNKNOWN) {
        throw new SourceException(
            String.format(
                Locale.ROOT,
                "a value holds byte 0x%02x, which character set '%s' does not know",
                bytes[offset + i] & 0xff,
                name));
      }
      text[i] = c;
    }
    return new String(text);
  }

  /** The server's latin1 is cp1252 with its five holes filled by the control characters. */
  private static char[] table(Charset charset, boolean fillHoles) {
    char[] table = new char[256];
    for (int i = 0; i < 256; i++) {
      CharBuffer decoded = charset.decode(ByteBuffer.wrap(new byte[] {(byte) i}));
      table[i] = decoded.length() == 1 ? decoded.get(0) : UNKNOWN;
      if (fillHoles && table[i] == UNKNOWN) {
        table[i] = (char) i;
      }
    }
    return table;
  }
}
