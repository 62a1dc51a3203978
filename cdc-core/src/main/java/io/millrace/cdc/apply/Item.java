package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.transport.Delivery;

/**
 * A decoded delivery, or a part of one.
 *
 * @param key of the event
 * @param waits the key that it waits behind where it is refused: its own, or that of the aggregate
 * @param role what it stands for
 */
record Item(Delivery delivery, ChangeEvent event, EntityKey key, EntityKey waits, Role role) {
  /** What an item stands for. */
  enum Role {
    /** An event for itself. */
    WHOLE,
    /**
     * An element of a list that came as a whole, so that what changed has to be told by comparing.
     */
    ELEMENT,
    /**
     * An element that such a list leaves out, and that is not there either: the fold alone believes
     * that it is. Its event names it by its id, and has no key.
     */
    UNLISTED,
    /** The DELETED of a key change that is made now; its CREATED stands directly behind it. */
    LEFT,
    /** The CREATED of a key change that is made now; its DELETED stands directly before it. */
    ARRIVED,
    /** The DELETED of a key change that is made before its CREATED is known. */
    LEFT_FIRST,
    /** The CREATED of a key change that is made before its DELETED is known. */
    ARRIVED_FIRST
  }

  /** A delivery that waits behind a given key where it is refused. */
  Item(Delivery delivery, ChangeEvent event, EntityKey waits) {
    this(delivery, event, EntityKey.of(event), waits, Role.WHOLE);
  }

  /** A part of it. */
  Item element(ChangeEvent part) {
    return new Item(delivery, part, EntityKey.of(part), waits, Role.ELEMENT);
  }

  /** A part of it of which is known what changed. */
  Item part(ChangeEvent part) {
    return new Item(delivery, part, waits);
  }

  /** A part of it that is not there. */
  Item unlisted(ChangeEvent part) {
    return new Item(delivery, part, EntityKey.of(part), waits, Role.UNLISTED);
  }

  /** The same in another role. */
  Item as(Role other) {
    return new Item(delivery, event, key, waits, other);
  }

  /** Whether it changes a row's key. */
  boolean moves() {
    return switch (role) {
      case WHOLE, ELEMENT, UNLISTED -> false;
      case LEFT, ARRIVED, LEFT_FIRST, ARRIVED_FIRST -> true;
    };
  }
}
