package io.millrace.cdc.pipeline;

import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.position.UnpublishedEvent;
import io.millrace.cdc.position.UnpublishedKey;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which routing keys wait and how much, stored or still in memory; knows the limits. Capture thread
 * only.
 */
final class HeldKeys {
  private final Unpublishable limits;
  private final Clock clock;
  private final Map<String, Entry> keys = new LinkedHashMap<>();
  private long events;
  private long bytes;

  HeldKeys(Unpublishable limits, Clock clock) {
    this.limits = limits;
    this.clock = clock;
  }

  /** One key. */
  static final class Entry {
    final Instant since;
    final String first;
    String error;
    long stored;
    long storedBytes;
    long fresh;
    long freshBytes;

    Entry(Instant since, String first, String error) {
      this.since = since;
      this.first = first;
      this.error = error;
    }
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  int count() {
    return keys.size();
  }

  long events() {
    return events;
  }

  @Nullable Entry get(String routingKey) {
    return keys.get(routingKey);
  }

  List<String> names() {
    return List.copyOf(keys.keySet());
  }

  List<UnpublishedKey> list() {
    List<UnpublishedKey> list = new ArrayList<>(keys.size());
    keys.forEach(
        (key, entry) ->
            list.add(
                new UnpublishedKey(
                    key,
                    entry.stored + entry.fresh,
                    entry.storedBytes + entry.freshBytes,
                    entry.since,
                    entry.first,
                    entry.error)));
    return list;
  }

  /** What the store holds. */
  void load(List<UnpublishedKey> stored) {
    for (UnpublishedKey key : stored) {
      Entry entry = new Entry(key.heldSince(), key.first(), key.error());
      entry.stored = key.events();
      entry.storedBytes = key.bytes();
      keys.put(key.routingKey(), entry);
      events += key.events();
      bytes += key.bytes();
    }
  }

  /** One more, in memory. Fails where that is more than may wait. */
  void add(String pipeline, UnpublishedEvent event) {
    if (events + 1 > limits.maxEvents() || bytes + event.size() > limits.maxBytes()) {
      throw new TransportException(
          "Pipeline '%s' stops: it holds %s events (%s bytes) of %s keys that cannot be published, and %s (%s bytes, %s) is more than atMost(%s, %s) allows. Mend what the first ones need, discard them, or raise the limit. Waiting: %s"
              .formatted(
                  pipeline,
                  events,
                  bytes,
                  keys.size(),
                  event.what(),
                  event.size(),
                  event.error(),
                  limits.maxEvents(),
                  limits.maxBytes(),
                  list().stream().limit(5).toList()));
    }
    Entry entry =
        keys.computeIfAbsent(
            event.routingKey(), key -> new Entry(clock.instant(), event.what(), event.error()));
    entry.fresh++;
    entry.freshBytes += event.size();
    events++;
    bytes += event.size();
  }

  /** These are stored now. */
  void stored(List<UnpublishedEvent> saved) {
    for (UnpublishedEvent event : saved) {
      Entry entry = keys.get(event.routingKey());
      if (entry != null) {
        entry.fresh--;
        entry.freshBytes -= event.size();
        entry.stored++;
        entry.storedBytes += event.size();
      }
    }
  }

  /** So many stored ones of the key wait no more. */
  void releasedStored(String routingKey, long count, long size) {
    Entry entry = keys.get(routingKey);
    if (entry != null) {
      entry.stored -= count;
      entry.storedBytes -= size;
      released(routingKey, entry, count, size);
    }
  }

  /** One in memory waits no more. */
  void releasedFresh(UnpublishedEvent event) {
    Entry entry = keys.get(event.routingKey());
    if (entry != null) {
      entry.fresh--;
      entry.freshBytes -= event.size();
      released(event.routingKey(), entry, 1, event.size());
    }
  }

  /** Nothing of the key waits any more. */
  void remove(String routingKey) {
    Entry entry = keys.remove(routingKey);
    if (entry != null) {
      events -= entry.stored + entry.fresh;
      bytes -= entry.storedBytes + entry.freshBytes;
    }
  }

  private void released(String routingKey, Entry entry, long count, long size) {
    events -= count;
    bytes -= size;
    if (entry.stored + entry.fresh == 0) {
      keys.remove(routingKey);
    }
  }
}
