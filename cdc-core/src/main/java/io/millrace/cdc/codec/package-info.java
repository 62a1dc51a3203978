/**
 * The wire forms of an event.
 *
 * <p>Entry point: {@link io.millrace.cdc.codec.EventCodec}; {@code ProtobufCodec} is the contract
 * itself. JSON codecs live in the module cdc-codecs. Codecs are immutable and used by several
 * threads.
 */
@NullMarked
package io.millrace.cdc.codec;

import org.jspecify.annotations.NullMarked;
