package io.millrace.cdc.mysql;

import io.millrace.cdc.event.Value;

/**
 * Reads the values of one column. Chosen once per version of a table, so that no row asks again
 * what its columns are.
 */
interface ValueReader {
  /** Reads a value that is not null and moves on behind it. */
  Value read(ByteReader in);
}
