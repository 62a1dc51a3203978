package io.millrace.cdc.transport;

import io.millrace.cdc.error.TransportException;

/** Told once what became of an event, by any thread; must return quickly. */
public interface PublishCallback {
  /** The event is stored as durably as the channel promises. */
  void acknowledged();

  /**
   * The event is not in the channel, and the transport has given up on it. An {@link
   * io.millrace.cdc.error.UnpublishableException} says that it is the event's own fault.
   */
  void failed(TransportException error);
}
