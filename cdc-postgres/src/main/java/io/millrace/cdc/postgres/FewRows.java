package io.millrace.cdc.postgres;

import java.util.Comparator;
import java.util.List;

/** A window whose rows all came with the look that ended it, as most do: one page, in id order. */
final class FewRows implements RowPages {
  private final PgSnapshot to;
  private final List<LogRow> rows;
  private boolean done;

  FewRows(LogLook look) {
    this.to = look.head().snapshot();
    this.rows = look.rows().stream().sorted(Comparator.comparingLong(LogRow::id)).toList();
  }

  @Override
  public PgSnapshot to() {
    return to;
  }

  @Override
  public boolean done() {
    return done;
  }

  @Override
  public List<LogRow> page(int limit) {
    done = true;
    return rows;
  }
}
