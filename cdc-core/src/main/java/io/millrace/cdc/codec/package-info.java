/**
 * The wire forms of an event.
 *
 * <p>Entry point: {@link io.millrace.cdc.codec.EventCodec}, which gives and takes {@link
 * io.millrace.cdc.codec.Encoded}: bytes and the headers that travel next to them. {@link
 * io.millrace.cdc.codec.ProtobufCodec} is the contract itself; {@code docs/contract.md} says what
 * its fields mean. {@link io.millrace.cdc.codec.ContractCodec} speaks a team's own message instead.
 * JSON codecs live in the module cdc-codecs. Codecs are immutable and used by several threads.
 *
 * <p>Two rules for every codec: what it encodes it decodes to an equal event, and what it cannot
 * understand it refuses with an {@link io.millrace.cdc.error.EventException} that names the entity
 * and id where it got that far. It never guesses and never leaves out a value.
 *
 * <p>What does not belong here: the model (package {@code event}), and anything about transports.
 */
@NullMarked
package io.millrace.cdc.codec;

import org.jspecify.annotations.NullMarked;
