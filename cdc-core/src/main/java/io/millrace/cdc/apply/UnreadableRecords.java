package io.millrace.cdc.apply;

import io.millrace.cdc.transport.Delivery;

/** The keys as which records wait that cannot be read: of them only the routing key is known. */
final class UnreadableRecords {
  private static final String ENTITY = "millrace.unreadable";

  private UnreadableRecords() {}

  /** What a record waits as; one without a routing key waits alone. */
  static EntityKey key(Delivery delivery) {
    return delivery.routingKey().isEmpty()
        ? EntityKey.of(ENTITY, delivery.partition() + "@" + delivery.offset())
        : ahead(delivery);
  }

  /** What a later delivery has to wait behind. */
  static EntityKey ahead(Delivery delivery) {
    return EntityKey.of(ENTITY, delivery.partition() + ":" + delivery.routingKey());
  }

  static boolean is(EntityKey key) {
    return key.entity().equals(ENTITY);
  }
}
