package io.millrace.cdc.postgres;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A table's columns and key as the catalog has them now.
 *
 * @param oid of the table
 * @param columns every column with its type, in order; virtual generated ones are left out, since a
 *     trigger does not see their values
 * @param virtual the columns left out
 * @param key the primary key's columns in the index's order; empty where there is none
 * @param partitions those with rows, down all levels, as SQL; empty for a table that is not
 *     partitioned
 */
record TableLayout(
    long oid,
    Map<String, PgType> columns,
    List<String> virtual,
    List<String> key,
    Optional<List<Partition>> partitions) {
  /**
   * One partition that holds rows itself.
   *
   * @param name its name as SQL, quoted where that is needed
   * @param foreign whether the rows are another server's
   */
  record Partition(long oid, String name, boolean foreign) {}
}
