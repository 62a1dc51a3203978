package io.millrace.cdc.codec;

import io.millrace.cdc.event.ChangeEvent;

/**
 * Turns events into bytes and back without losing anything. Implementations are immutable and used
 * by several threads.
 */
public interface EventCodec {
  /**
   * Media type of the bytes, e.g. {@code
   * application/x-protobuf;message=millrace.cdc.v1.ChangeEvent}; travels with them.
   */
  String contentType();

  /** The event as bytes and headers. Fails with {@link io.millrace.cdc.error.EventException}. */
  Encoded encode(ChangeEvent event);

  /**
   * The event that {@link #encode} was given. Fails with {@link
   * io.millrace.cdc.error.EventException} that names what is wrong: bytes that are no event, a
   * newer format, an unknown kind of value.
   */
  ChangeEvent decode(Encoded encoded);
}
