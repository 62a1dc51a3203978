package io.millrace.cdc.transport.inprocess;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who reads which partition, and how far a group has come. Guarded by the channel's lock.
 *
 * <p>A rebalance only says who shall own a partition. The old owner gives it up in its next poll or
 * when it closes, and only then the new one takes it, so no partition ever has two owners.
 */
final class Group {
  private final String name;
  private final List<InProcessSubscription> members = new ArrayList<>();
  private final @Nullable InProcessSubscription[] wanted;
  private final @Nullable InProcessSubscription[] owners;
  private final long[] next;

  Group(String name, int partitions) {
    this.name = name;
    this.wanted = new @Nullable InProcessSubscription[partitions];
    this.owners = new @Nullable InProcessSubscription[partitions];
    this.next = new long[partitions];
  }

  String name() {
    return name;
  }

  void join(InProcessSubscription member) {
    members.add(member);
    rebalance();
  }

  void leave(InProcessSubscription member) {
    members.remove(member);
    for (int partition = 0; partition < owners.length; partition++) {
      if (owners[partition] == member) {
        owners[partition] = null;
      }
    }
    rebalance();
  }

  /** What the member owns and shall not own any more. */
  Set<Integer> toRevoke(InProcessSubscription member) {
    Set<Integer> partitions = new TreeSet<>();
    for (int partition = 0; partition < owners.length; partition++) {
      if (owners[partition] == member && wanted[partition] != member) {
        partitions.add(partition);
      }
    }
    return partitions;
  }

  /** What the member shall own and may take now. */
  Set<Integer> toAssign(InProcessSubscription member) {
    Set<Integer> partitions = new TreeSet<>();
    for (int partition = 0; partition < owners.length; partition++) {
      if (owners[partition] == null && wanted[partition] == member) {
        partitions.add(partition);
      }
    }
    return partitions;
  }

  void give(int partition, @Nullable InProcessSubscription owner) {
    owners[partition] = owner;
  }

  /** The oldest offset that the group may still ask for, as far as it said. */
  long next(int partition) {
    return next[partition];
  }

  void next(int partition, long offset) {
    next[partition] = offset;
  }

  private void rebalance() {
    if (members.isEmpty()) {
      Arrays.fill(wanted, null);
      return;
    }
    for (int partition = 0; partition < wanted.length; partition++) {
      wanted[partition] = members.get(partition % members.size());
    }
  }
}
