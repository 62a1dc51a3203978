package io.millrace.cdc.apply;

import java.util.List;

/** What a transaction does to one entity. */
interface EntityPlan {
  String entity();

  /** Inserts and updates, and what only moves the ledger. */
  List<RowWrite> upserts();

  List<RowWrite> deletes();

  /** Called after everything was written. */
  default void settle(TargetTransaction transaction) {}
}
