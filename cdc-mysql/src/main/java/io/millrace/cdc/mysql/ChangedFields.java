package io.millrace.cdc.mysql;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The names of the fields that an update changed. One update after the other changes the same
 * columns, so the last answer is kept. Used by one thread.
 */
final class ChangedFields {
  /** Per column its field's name; null where it is no part of the events. */
  private final @Nullable String[] fields;

  /** Per column whether its change alone is no change. */
  private final boolean[] ignored;

  private boolean[] known;
  private List<String> names = List.of();
  private boolean matters;

  ChangedFields(CapturedTable captured, List<Column> columns, int[] shown) {
    fields = new @Nullable String[columns.size()];
    ignored = new boolean[columns.size()];
    known = new boolean[columns.size()];
    for (int i : shown) {
      String column = columns.get(i).name();
      fields[i] = captured.field(column);
      ignored[i] = captured.ignoredWhenAlone().contains(column);
    }
  }

  /**
   * What changed.
   *
   * @param changed per column whether it changed
   * @return null where nothing did that matters
   */
  @Nullable List<String> of(boolean[] changed) {
    if (!Arrays.equals(known, changed)) {
      known = changed.clone();
      List<String> now = new ArrayList<>();
      matters = false;
      for (int i = 0; i < changed.length; i++) {
        String field = fields[i];
        if (changed[i] && field != null) {
          now.add(field);
          matters |= !ignored[i];
        }
      }
      names = List.copyOf(now);
    }
    return matters ? names : null;
  }
}
