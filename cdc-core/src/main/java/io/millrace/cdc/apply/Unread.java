package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeType;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which ledger rows a batch does without: events that came again are rare, so where the target
 * refuses by itself what is not newer ({@link TargetTransaction#guard}), the rows are not read. A
 * batch in which something was refused is begun anew and reads them, and so do some after it, since
 * such events come together. Used by one thread.
 */
final class Unread {
  /** Batches without any event that came again before one goes unread. */
  private static final int READ_AFTERWARDS = 16;

  private final ApplierConfig config;
  private int toRead;

  Unread(ApplierConfig config) {
    this.config = config;
  }

  /**
   * The keys whose rows need not be read, of one event each: what several events come to depends on
   * which of them were applied before. Nothing where lists are taken apart, since one event brings
   * others then.
   */
  Set<EntityKey> of(TargetSession session, TargetTransaction transaction, List<Item> items) {
    if (toRead > 0 || !session.nestings().isEmpty()) {
      return Set.of();
    }
    Set<EntityKey> unread = new LinkedHashSet<>();
    Set<EntityKey> others = new HashSet<>();
    for (Item item : items) {
      boolean once = !others.contains(item.key()) && unread.add(item.key());
      if (Admission.isHalf(config, session, item)) {
        others.add(item.key());
        others.add(Moves.other(item.event()));
      } else if (!once
          || item.event().type() == ChangeType.MESSAGE
          || Admission.mode(config, item.event()) != EntityMode.MIRROR) {
        others.add(item.key());
      }
    }
    unread.removeAll(others);
    if (unread.isEmpty() || !transaction.guard(unread)) {
      return Set.of();
    }
    toRead = 1; // unless this one is committed: the next tells whether that was why
    return unread;
  }

  /** A transaction was committed. */
  void committed(BatchResult result) {
    toRead = result.duplicates > 0 ? READ_AFTERWARDS : Math.max(0, toRead - 1);
  }
}
