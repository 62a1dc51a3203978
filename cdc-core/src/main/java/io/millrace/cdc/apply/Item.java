package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.transport.Delivery;

/**
 * A decoded delivery, or a part of one.
 *
 * @param key of the event
 * @param waits the key that it waits behind where it is refused: its own, or that of the aggregate
 * @param derived whether it is an element of a list that came as a whole, so that what changed has
 *     to be told by comparing
 */
record Item(Delivery delivery, ChangeEvent event, EntityKey key, EntityKey waits, boolean derived) {
  /** A delivery that waits behind a given key where it is refused. */
  Item(Delivery delivery, ChangeEvent event, EntityKey waits) {
    this(delivery, event, EntityKey.of(event), waits, false);
  }

  /** A part of it. */
  Item derived(ChangeEvent part) {
    return new Item(delivery, part, EntityKey.of(part), waits, true);
  }
}
