package io.millrace.cdc.postgres;

import io.millrace.cdc.error.SourceException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Quoting, and what an error of the server means. */
final class Sql {
  private Sql() {}

  static String identifier(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  static String literal(String text) {
    String quoted = "'" + text.replace("'", "''") + "'";
    return text.indexOf('\\') < 0 ? quoted : " E" + quoted.replace("\\", "\\\\");
  }

  /** The text of a bigint[]. */
  static String numbers(long[] numbers) {
    return Arrays.stream(numbers)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** The text of a text[]. */
  static String array(List<String> elements) {
    return elements.stream()
        .map(element -> '"' + element.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** An exception that says whether the same call may succeed later by itself. */
  static SourceException failure(String what, SQLException cause) {
    return new SourceException(
        what + ": " + cause.getMessage(), cause, mayPass(cause.getSQLState()));
  }

  /**
   * Connections, resources, shutdown, time-outs and serialization pass; a wrong statement, a
   * missing table or grant does not.
   */
  private static boolean mayPass(@Nullable String state) {
    if (state == null || state.length() < 2) {
      return true;
    }
    return switch (state.substring(0, 2)) {
      case "08", "40", "53", "55", "57", "58", "HY" -> true;
      default -> false;
    };
  }
}
