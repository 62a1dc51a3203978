package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.event.Row;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The rows of one entity: documents of a collection, or elements of a list in them. */
interface Rows {
  /** What is mapped to what. */
  FieldMap fields();

  /** The collection that is written. */
  String collection();

  /** Rows that exist, with all fields but the key's. */
  Map<EntityKey, Row> read(RowSteps steps, Map<EntityKey, Row> keys);

  /** The documents that writes of these rows change, each by the canonical text of its key. */
  Set<String> documents(List<RowWrite> writes);

  /** Writes rows; keys are distinct. */
  void write(RowSteps steps, List<RowWrite> writes);

  /** Puts something that no other document has in the place of unique values. */
  void vacate(RowSteps steps, List<RowWrite> writes);

  /** Removes every row. */
  void truncate(RowSteps steps, int hops);
}
