package io.millrace.cdc.position;

import io.millrace.cdc.internal.Check;

/**
 * Where reading may resume in one log: opaque to all but the source that made it.
 *
 * @param kind the kind of source, e.g. {@code postgres}; a source refuses another kind's position
 *     by name
 * @param format format of the text, from 1; a source refuses a newer one by name
 * @param text printable, one line, without secrets; names the last change read (the witness) and
 *     the server's identity
 */
public record Position(String kind, int format, String text) {
  /** Checks the parts. */
  public Position {
    Check.notBlank(kind, "kind");
    Check.argument(format >= 1, "format must be at least 1, got %s", format);
    Check.argument(text.indexOf('\n') < 0, "a position is one line, got '%s'", text);
  }

  @Override
  public String toString() {
    return kind + "/" + format + " " + text;
  }
}
