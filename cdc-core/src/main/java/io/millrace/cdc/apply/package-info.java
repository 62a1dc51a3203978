/**
 * Applies deliveries to a target so that applying twice equals applying once.
 *
 * <p>Entry point: {@link io.millrace.cdc.apply.Applier}. One thread, {@code millrace-<name>-apply},
 * owns the subscription and the target session; a batch of deliveries is one transaction of the
 * target: offsets first (compare-and-set), then per table the ledger and the rows. What to write is
 * decided here ({@code BatchApplier}, {@code Fold}); how it is written is the {@link
 * io.millrace.cdc.apply.Target}'s.
 *
 * <p>What does not belong here: SQL (package {@code jdbc}), knowledge of one database (the
 * adapters).
 */
@NullMarked
package io.millrace.cdc.apply;

import org.jspecify.annotations.NullMarked;
