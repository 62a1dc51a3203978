package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.StartOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which partitions this instance owns, and what the target has stored for them. Used by the
 * applier's thread.
 */
final class Ownership implements AssignmentListener {
  private final ApplierConfig config;
  private final Counters counters;
  private final Supplier<TargetSession> session;
  private final Map<Integer, Long> stored = new HashMap<>();
  private final Set<Integer> assigned = new HashSet<>();
  private @Nullable Channel channel;
  private boolean changed;

  Ownership(ApplierConfig config, Counters counters, Supplier<TargetSession> session) {
    this.config = config;
    this.counters = counters;
    this.session = session;
  }

  @Override
  public Map<Integer, StartOffset> assigned(Channel joined, Set<Integer> partitions) {
    Map<Integer, StoredOffset> known = session.get().offsets(joined);
    known.forEach((partition, offset) -> check(joined, partition, offset));
    channel = joined;
    changed = true;
    Map<Integer, StartOffset> starts = new HashMap<>();
    for (Integer partition : partitions) {
      StoredOffset offset = known.get(partition);
      assigned.add(partition);
      if (offset != null) {
        stored.put(partition, offset.next());
        counters.nextOffsets.put(partition, offset.next());
        starts.put(partition, StartOffset.at(offset.next()));
      } else {
        stored.remove(partition);
        starts.put(
            partition,
            config.firstOffset() == FirstOffset.OLDEST
                ? StartOffset.oldest()
                : StartOffset.newest());
      }
    }
    return starts;
  }

  /**
   * Stores where a first start with the newest event begins: else another start, before anything
   * was applied, would begin with what is the newest then, and leave out what came between.
   */
  @Override
  public void placed(Map<Integer, Long> offsets) {
    Channel joined = channel;
    if (config.firstOffset() != FirstOffset.NEWEST || joined == null) {
      return;
    }
    List<OffsetStep> steps = new ArrayList<>();
    offsets.forEach(
        (partition, offset) -> {
          if (!stored.containsKey(partition)) {
            steps.add(new OffsetStep(partition, null, offset));
          }
        });
    if (!steps.isEmpty()) {
      try (TargetTransaction transaction = session.get().begin()) {
        transaction.advance(joined, steps);
        transaction.commit();
      }
      steps.forEach(step -> moved(step.partition(), step.next()));
    }
  }

  private void check(Channel joined, int partition, StoredOffset offset) {
    if (!offset.incarnation().equals(joined.incarnation())) {
      throw new ApplyException(
          ("Applier '%s' stored offset %s of partition %s for channel %s '%s' with id %s, but the channel has id %s now: it was deleted and made"
                  + " anew, the offsets mean nothing in it, and what was not applied of the old one is gone. Compare both sides; then run DELETE"
                  + " FROM applier_offset WHERE applier = '%s' AND channel = '%s' in the target, and start with firstStart(OLDEST).")
              .formatted(
                  config.name(),
                  offset.next(),
                  partition,
                  joined.transport(),
                  joined.name(),
                  offset.incarnation(),
                  joined.incarnation(),
                  config.name(),
                  joined.name()));
    }
    if (offset.partitions() != joined.partitions()) {
      throw new ApplyException(
          ("Applier '%s' stored offsets for %s partitions of channel %s '%s', which has %s now: keys change their partition, and a later event of a"
                  + " key may be applied before an earlier one. Stop every publisher; run UPDATE applier_offset SET partitions = %s WHERE"
                  + " applier = '%s' AND channel = '%s' in the target; start the applier with firstStart(OLDEST), wait until it has caught up;"
                  + " start the publishers again.")
              .formatted(
                  config.name(),
                  offset.partitions(),
                  joined.transport(),
                  joined.name(),
                  joined.partitions(),
                  joined.partitions(),
                  config.name(),
                  joined.name()));
    }
  }

  @Override
  public void revoked(Set<Integer> partitions) {
    counters.pulse.revoked(partitions);
    partitions.forEach(
        partition -> {
          assigned.remove(partition);
          stored.remove(partition);
          counters.nextOffsets.remove(partition);
        });
  }

  /** Forgets everything: the subscription is gone. */
  void clear() {
    revoked(Set.copyOf(assigned));
    channel = null;
  }

  /** The channel joined; null before the first assignment. */
  @Nullable Channel channel() {
    return channel;
  }

  Set<Integer> assigned() {
    return assigned;
  }

  /** Stored offsets of owned partitions; partitions never applied from are missing. */
  Map<Integer, Long> stored() {
    return stored;
  }

  /** What was committed is what is stored. */
  void moved(int partition, long next) {
    stored.put(partition, next);
    counters.nextOffsets.put(partition, next);
  }

  /** Whether partitions were assigned since the last call. */
  boolean takeChanged() {
    boolean was = changed;
    changed = false;
    return was;
  }
}
