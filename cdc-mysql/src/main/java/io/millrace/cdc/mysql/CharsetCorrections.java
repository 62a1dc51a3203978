package io.millrace.cdc.mysql;

import io.millrace.cdc.internal.Invariant;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/**
 * The characters that the server sees where the JDK sees another one or none, per character set:
 * from the resource {@code charsets.txt}. Immutable.
 */
final class CharsetCorrections {
  private static final int HEXADECIMAL = 16;
  private static final Map<String, Map<Integer, Character>> ALL = read();

  private CharsetCorrections() {}

  /** By code, its bytes read as one big-endian number; empty where the JDK agrees. */
  static Map<Integer, Character> of(String charset) {
    return ALL.getOrDefault(charset, Map.of());
  }

  private static Map<String, Map<Integer, Character>> read() {
    Map<String, Map<Integer, Character>> all = new HashMap<>();
    for (String line : text().split("\n", -1)) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.split(" ", -1);
      Map<Integer, Character> codes = all.computeIfAbsent(words[0], name -> new HashMap<>());
      for (int i = 1; i < words.length; i++) {
        add(codes, words[i]);
      }
    }
    return Collections.unmodifiableMap(all);
  }

  private static void add(Map<Integer, Character> codes, String word) {
    int equals = word.indexOf('=');
    int hyphen = word.indexOf('-');
    int first = code(word.substring(0, hyphen < 0 ? equals : hyphen));
    int last = hyphen < 0 ? first : code(word.substring(hyphen + 1, equals));
    int character = code(word.substring(equals + 1));
    for (int i = 0; i <= last - first; i++) {
      codes.put(first + i, (char) (character + i));
    }
  }

  private static int code(String digits) {
    return Integer.parseUnsignedInt(digits, HEXADECIMAL);
  }

  private static String text() {
    try (InputStream resource = CharsetCorrections.class.getResourceAsStream("charsets.txt")) {
      if (resource == null) {
        throw Invariant.broken("charsets.txt is missing in the jar");
      }
      return new String(resource.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
