package io.millrace.cdc.apply.jdbc;

import java.util.List;

/**
 * What stands in the way of changing a row's key where it is.
 *
 * @param fixed whether the database refuses to change the key at all, and a row has to be written
 *     anew under another one
 * @param references foreign keys that refer to columns of the key
 */
public record KeyUse(boolean fixed, List<Reference> references) {
  /** Copies the list. */
  public KeyUse {
    references = List.copyOf(references);
  }

  /**
   * A foreign key.
   *
   * @param sqlName the referring table, quoted for statements
   * @param columns its columns, quoted for statements
   * @param keyColumns names of the columns that they refer to, in the same order; columns that are
   *     not of the key among them
   * @param follows whether the database changes the referring rows with the key, as ON UPDATE says
   */
  public record Reference(
      String sqlName, List<String> columns, List<String> keyColumns, boolean follows) {
    /** Copies the lists. */
    public Reference {
      columns = List.copyOf(columns);
      keyColumns = List.copyOf(keyColumns);
    }
  }
}
