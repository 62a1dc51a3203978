package io.millrace.cdc.postgres;

import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A window of the log, read page by page in id order. */
interface RowPages {
  /**
   * The snapshot that ends the window; null for the past of another incarnation, which has no end
   * but its last row.
   */
  @Nullable PgSnapshot to();

  /** Whether there is no next page. */
  boolean done();

  /** The next rows, at most so many; may be empty before the window is done. */
  List<LogRow> page(int limit) throws SQLException;
}
