/**
 * Other forms of an event, for consumers that do not read the contract's protobuf.
 *
 * <p>Entry points: {@link io.millrace.cdc.codecs.JsonCodec}, the canonical JSON, and {@link
 * io.millrace.cdc.codecs.CloudEventsCodec}, which lose nothing; {@link
 * io.millrace.cdc.codecs.DebeziumJsonCodec} and {@link io.millrace.cdc.codecs.MaxwellJsonCodec},
 * which write for consumers that exist already. Every codec is an {@link
 * io.millrace.cdc.codec.EventCodec}: give it to {@code PipelineBuilder.codec} and {@code
 * ApplierBuilder.codec}. All are immutable and used by any number of threads. {@code
 * docs/contract.md} describes the formats.
 *
 * <p>Reading is strict: malformed UTF-8 or JSON, a name that comes twice, nesting or numbers
 * without end, an unknown format or kind of value is an {@link
 * io.millrace.cdc.error.EventException}.
 *
 * <p>What does not belong here: the contract itself and protobuf (package {@code codec} of
 * cdc-core), transports, databases.
 */
@NullMarked
package io.millrace.cdc.codecs;

import org.jspecify.annotations.NullMarked;
