package io.millrace.cdc.apply;

import java.util.List;

/** What a transaction does to one entity. */
interface EntityPlan {
  String entity();

  /** Inserts and updates, and what only moves the ledger. */
  List<RowWrite> upserts();

  List<RowWrite> deletes();

  /** Called after everything was written; notes what a later event of the transaction must know. */
  default void settle(TargetTransaction transaction, LedgerView ledger) {}
}
