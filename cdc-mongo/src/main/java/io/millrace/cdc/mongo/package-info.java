/**
 * MongoDB: change streams in.
 *
 * <h2>Entry points</h2>
 *
 * {@link io.millrace.cdc.mongo.MongoSource} captures collections of one database through one change
 * stream, {@link io.millrace.cdc.mongo.MongoRegistration} names its log.
 *
 * <h2>Inside</h2>
 *
 * {@code ReaderOpening} finds the position and decides the epoch, {@code MongoReader} turns the
 * stream's documents into events: {@code ChangeDocument} finds the parts of one, {@code
 * BsonDecoder} makes rows of bytes, {@code Marks} knows what an applier has said it writes.
 */
@NullMarked
package io.millrace.cdc.mongo;

import org.jspecify.annotations.NullMarked;
