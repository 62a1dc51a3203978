/**
 * Where a pipeline stands, and who may say so.
 *
 * <p>Entry points: {@code JdbcPositions} and {@code FilePositions}; implementers look at {@link
 * io.millrace.cdc.position.PositionStore}. A position is saved under a {@link
 * io.millrace.cdc.position.Lease}: its fencing token rises with every owner, so that a paused old
 * owner saves nothing.
 */
@NullMarked
package io.millrace.cdc.position;

import org.jspecify.annotations.NullMarked;
