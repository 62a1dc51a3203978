package io.millrace.cdc.mysql;

import java.time.Instant;

/**
 * One committed transaction.
 *
 * @param gtid its global id, in the flavour's text
 * @param file name of its log file
 * @param fileNumber the number in that name
 * @param offset where it begins in the file
 * @param committedAt when it was committed here; whole seconds on MariaDB
 * @param hash of its row images and its time: what a witness is compared by
 * @param events row events and truncations of captured tables and ledgers
 */
record Transaction(
    String gtid,
    String file,
    long fileNumber,
    long offset,
    Instant committedAt,
    int hash,
    TransactionBuffer events) {}
