/**
 * MongoDB: change streams in, idempotent transactions out.
 *
 * <h2>Entry points</h2>
 *
 * {@link io.millrace.cdc.mongo.MongoSource} captures collections of one database through one change
 * stream, {@link io.millrace.cdc.mongo.MongoRegistration} names its log, {@link
 * io.millrace.cdc.mongo.MongoTarget} is what an applier writes to.
 *
 * <h2>Inside</h2>
 *
 * {@code ReaderOpening} finds the position and decides the epoch, {@code MongoReader} turns the
 * stream's documents into events: {@code ChangeDocument} finds the parts of one, {@code
 * BsonDecoder} makes rows of bytes, {@code Marks} knows what an applier has said it writes.
 *
 * <p>A target's {@code MongoSession} holds a checked {@code TargetLayout} and makes {@code
 * MongoTransaction}s, which are scripts of {@code TransactionSteps}. {@code Documents} and {@code
 * Elements} make of rows what {@code RowSteps} reads and writes, {@code OwnStore} keeps this
 * library's own collections in the forms of {@code OwnForms} and {@code LedgerForm}.
 */
@NullMarked
package io.millrace.cdc.mongo;

import org.jspecify.annotations.NullMarked;
