package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.transport.Delivery;

/** A decoded delivery. */
record Item(Delivery delivery, ChangeEvent event, EntityKey key) {}
