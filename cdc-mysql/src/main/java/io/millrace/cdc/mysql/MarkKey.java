package io.millrace.cdc.mysql;

import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.Row;

/**
 * The text by which an applier's ledger row names the row it is going to write. Reader and target
 * must make the same of one key.
 */
final class MarkKey {
  private MarkKey() {}

  /** The mark of a key as the reader decodes it. */
  static String of(Row key) {
    return CanonicalId.of(key);
  }
}
