package io.millrace.cdc.apply;

import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.ValueHash;

/**
 * The hash of a value as a target stores it; stands in the ledger, so it must never change.
 *
 * <p>A decimal's trailing zeros and white space between the tokens of a JSON text do not count:
 * sources and targets print them differently for the same stored value.
 */
final class FoldHash {
  private FoldHash() {}

  static long of(Value value) {
    if (value instanceof Value.DecimalValue decimal) {
      return ValueHash.of(new Value.DecimalValue(decimal.canonicalText()));
    }
    if (value instanceof Value.JsonValue json) {
      return ValueHash.of(new Value.JsonValue(compact(json.text())));
    }
    return ValueHash.of(value);
  }

  private static String compact(String json) {
    StringBuilder text = new StringBuilder(json.length());
    boolean quoted = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (!quoted && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
        continue;
      }
      text.append(c);
      if (c == '"') {
        quoted = !quoted;
      } else if (quoted && c == '\\' && i + 1 < json.length()) {
        text.append(json.charAt(++i));
      }
    }
    return text.toString();
  }
}
