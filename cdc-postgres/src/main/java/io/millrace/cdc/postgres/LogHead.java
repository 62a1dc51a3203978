package io.millrace.cdc.postgres;

import java.time.Instant;

/**
 * Where the log's end is.
 *
 * @param snapshot which transactions are finished
 * @param insertLsn up to where WAL was written right after the snapshot: every commit that the
 *     snapshot sees stands before it
 * @param flushed whether WAL was flushed up to there
 * @param idAfter the last log id drawn after the snapshot was taken
 * @param now the server's clock
 */
record LogHead(PgSnapshot snapshot, String insertLsn, boolean flushed, long idAfter, Instant now) {}
