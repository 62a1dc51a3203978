package io.millrace.cdc.transport.inprocess;

import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.transport.Delivery;
import org.jspecify.annotations.Nullable;

/** The retained deliveries of one partition: a ring that grows. Guarded by the channel's lock. */
final class PartitionLog {
  private @Nullable Delivery[] ring = new @Nullable Delivery[16];
  private long base;
  private long end;

  /** Oldest offset that is retained; equals {@link #end()} where none is. */
  long base() {
    return base;
  }

  /** Offset of the next delivery to be appended. */
  long end() {
    return end;
  }

  int size() {
    return (int) (end - base);
  }

  void append(Delivery delivery) {
    Invariant.that(delivery.offset() == end, "appended offset %s at %s", delivery.offset(), end);
    if (size() == ring.length) {
      grow();
    }
    ring[index(end)] = delivery;
    end++;
  }

  Delivery get(long offset) {
    Delivery delivery = offset < base || offset >= end ? null : ring[index(offset)];
    if (delivery == null) {
      throw Invariant.broken("offset %s is not within [%s, %s)", offset, base, end);
    }
    return delivery;
  }

  /** Forgets everything before an offset; returns how many deliveries that were. */
  int trimTo(long offset) {
    int trimmed = 0;
    while (base < offset && base < end) {
      ring[index(base)] = null;
      base++;
      trimmed++;
    }
    return trimmed;
  }

  private int index(long offset) {
    return (int) (offset & (ring.length - 1));
  }

  private void grow() {
    @Nullable Delivery[] larger = new @Nullable Delivery[ring.length * 2];
    for (long offset = base; offset < end; offset++) {
      larger[(int) (offset & (larger.length - 1))] = ring[index(offset)];
    }
    ring = larger;
  }
}
