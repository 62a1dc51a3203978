package io.millrace.cdc.apply;

import java.util.Optional;

/**
 * What one step of the ledger's clean-up did.
 *
 * @param removed ledger rows that are gone
 * @param next where the next step begins; empty where the ledger's end was reached
 */
public record LedgerStretch(int removed, Optional<EntityKey> next) {
  /** Nothing was removed, and there is no more to look at. */
  public static LedgerStretch end() {
    return new LedgerStretch(0, Optional.empty());
  }
}
