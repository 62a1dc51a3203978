package io.millrace.cdc.codec;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a model message does not say of its row: which fields there are, in which order (as the
 * numbers of the model's fields), and the values that the message holds in another kind.
 */
final class ModelHint {
  private static final String FIELDS = "-fields";
  private static final String EXACT = "-exact";
  private static final String PARTIAL = "partial";

  private final List<Integer> numbers = new ArrayList<>();
  private final Map<Integer, Value> exact = new HashMap<>();
  private boolean partial;

  void add(int number, @Nullable Value value) {
    numbers.add(number);
    if (value != null) {
      exact.put(number, value);
    }
  }

  void partial(boolean more) {
    partial |= more;
  }

  boolean partial() {
    return partial;
  }

  List<Integer> numbers() {
    return numbers;
  }

  @Nullable Value exact(int number) {
    return exact.get(number);
  }

  void write(ContractHeaders headers, String name) {
    StringBuilder text = new StringBuilder();
    for (int number : numbers) {
      text.append(text.isEmpty() ? "" : ",").append(number);
    }
    if (partial) {
      text.append(text.isEmpty() ? "" : ",").append(PARTIAL);
    }
    headers.put(name + FIELDS, text.toString());
    if (!exact.isEmpty()) {
      Row.Builder row = Row.builder();
      for (int number : numbers) {
        Value value = exact.get(number);
        if (value != null) {
          row.put(Integer.toString(number), value);
        }
      }
      headers.putRow(name + EXACT, row.build());
    }
  }

  /** The hint in the headers, or null where there is none. */
  static @Nullable ModelHint read(ContractHeaders headers, String name) {
    String text = headers.get(name + FIELDS);
    if (text == null) {
      return null;
    }
    ModelHint hint = new ModelHint();
    Row exact = headers.row(name + EXACT);
    for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      if (part.equals(PARTIAL)) {
        hint.partial = true;
        continue;
      }
      Check.argument(part.matches("[0-9]{1,9}"), "its header '%s%s' is '%s'", name, FIELDS, text);
      hint.add(Integer.parseInt(part), exact == null ? null : exact.get(part));
    }
    return hint;
  }
}
