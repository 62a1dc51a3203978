package io.millrace.cdc.mysql;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One transaction that has its end in the log: committed, or of XA and prepared.
 *
 * @param gtid its global id, in the flavour's text
 * @param file name of its log file
 * @param fileNumber the number in that name
 * @param offset where it begins in the file
 * @param committedAt when it was committed here; whole seconds on MariaDB
 * @param hash of its row images and its time: what a witness is compared by
 * @param events row events and truncations of captured tables and ledgers
 * @param gathered whether its rows lie elsewhere than at its own place in the file, compressed or
 *     prepared before: they are numbered from its beginning instead
 * @param xa what it does to an XA transaction, null for an ordinary one
 */
record Transaction(
    String gtid,
    String file,
    long fileNumber,
    long offset,
    Instant committedAt,
    int hash,
    TransactionBuffer events,
    boolean gathered,
    @Nullable Xa xa) {

  /**
   * A step of an XA transaction.
   *
   * @param id see {@link XaId}
   * @param prepares whether it begins to wait for its end here; else this is its end
   * @param known whether what it commits was seen
   */
  record Xa(String id, boolean prepares, boolean known) {}
}
