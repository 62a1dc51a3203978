package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides what of some events is applied now, what was applied already, and what has to wait.
 * Changes the held keys as it goes. Used by one thread.
 */
final class Admission {
  /** Why an event waits that nobody refused. */
  static final String BEHIND = "waits behind an earlier event of its key";

  private final ApplierConfig config;
  private final LedgerView ledger;
  private final Set<EntityKey> held;
  private final boolean alone;
  private final BatchResult result;
  private final List<Item> winners = new ArrayList<>();
  private final List<HeldEvent> waiting = new ArrayList<>();
  private int noted;

  /**
   * For one attempt.
   *
   * @param held keys whose events wait; what has to wait now is added
   * @param alone whether one event of a key change may be applied before the other came: only where
   *     the order of all keys is the order of arrival
   */
  Admission(
      ApplierConfig config,
      LedgerView ledger,
      Set<EntityKey> held,
      boolean alone,
      BatchResult result) {
    this.config = config;
    this.ledger = ledger;
    this.held = held;
    this.alone = alone;
    this.result = result;
  }

  /** What is to be written, in order. */
  List<Item> winners() {
    return winners;
  }

  /** What is to be kept. */
  List<HeldEvent> waiting() {
    return waiting;
  }

  /** How an entity is treated. */
  static EntityMode mode(ApplierConfig config, ChangeEvent event) {
    EntityMode mode = config.target().mode(event.entity());
    return mode == null ? EntityMode.IGNORED : mode;
  }

  /**
   * Whether an event is one of the two of a key change that keeps the row. Not so in shared mode,
   * for handlers, and for what lies in a list of another entity.
   */
  static boolean isHalf(ApplierConfig config, TargetSession session, Item item) {
    return Moves.isHalf(item.event())
        && mode(config, item.event()) == EntityMode.MIRROR
        && session.nestings().stream()
            .noneMatch(nesting -> nesting.child().equals(item.event().entity()));
  }

  /** Takes an event, or the two of a key change. */
  void take(Moves.Unit unit, boolean half) {
    Item second = unit.second();
    if (second != null) {
      pair(unit.first(), second);
    } else if (half) {
      half(unit.first());
    } else {
      whole(unit.first());
    }
  }

  private void whole(Item item) {
    if (isStale(item)) {
      return;
    }
    EntityMode mode = mode(config, item.event());
    if (mode == EntityMode.IGNORED
        || (item.event().type() == ChangeType.MESSAGE && mode != EntityMode.HANDLER)) {
      result.ignored++;
      return;
    }
    EntityKey behind = behind(item);
    if (behind != null) {
      keep(item, behind, BEHIND);
    } else {
      win(item);
    }
  }

  private boolean isStale(Item item) {
    if (ledger.stale(item.key(), item.event())) {
      result.duplicates++;
      return true;
    }
    return false;
  }

  private void pair(Item left, Item arrived) {
    boolean leftIsStale = isStale(left);
    boolean arrivedIsStale = isStale(arrived);
    if (leftIsStale || arrivedIsStale) {
      if (!leftIsStale) {
        whole(left);
      }
      if (!arrivedIsStale) {
        whole(arrived);
      }
      return;
    }
    EntityKey leftBehind = behind(left);
    EntityKey arrivedBehind = behind(arrived);
    if (leftBehind == null && arrivedBehind == null) {
      if (Moves.isOverLaterState(arrived.event(), ledger)) {
        win(left);
        win(arrived);
      } else {
        win(left.as(Item.Role.LEFT));
        win(arrived.as(Item.Role.ARRIVED));
      }
      return;
    }
    keep(left, leftBehind == null ? left.waits() : leftBehind, waitsFor(left));
    keep(arrived, arrivedBehind == null ? arrived.waits() : arrivedBehind, waitsFor(arrived));
  }

  private void half(Item item) {
    if (isStale(item)) {
      return;
    }
    EntityKey behind = behind(item);
    if (behind != null) {
      keep(item, behind, BEHIND);
    } else if (Moves.otherIsDone(item.event(), ledger)
        || (alone && Moves.isOverLaterState(item.event(), ledger))) {
      win(item);
    } else if (alone && !held.contains(Moves.other(item.event()))) {
      win(first(item));
    } else {
      keep(item, item.waits(), waitsFor(item));
      result.halves = true;
    }
  }

  /** The item as one that is applied before the other of its key change. */
  static Item first(Item item) {
    boolean left = item.event().type() == ChangeType.DELETED;
    return item.as(left ? Item.Role.LEFT_FIRST : Item.Role.ARRIVED_FIRST);
  }

  /** Why one of the two events of a key change waits. */
  static String waitsFor(Item half) {
    return half.event().type() == ChangeType.DELETED
        ? "waits until its row may become %s: for the CREATED of this key change, and for what comes before it there"
            .formatted(Moves.other(half.event()))
        : "waits for the row that was %s: for the DELETED of this key change, and for what comes before it there"
            .formatted(Moves.other(half.event()));
  }

  private void win(Item item) {
    winners.add(item);
  }

  /** Moves the ledger's view on by what is to be written. */
  void note() {
    for (; noted < winners.size(); noted++) {
      Moves.entries(winners.get(noted)).forEach(ledger::note);
    }
  }

  private void keep(Item item, EntityKey behind, String why) {
    waiting.add(new HeldEvent(behind, item.delivery(), why, 0, config.clock().millis(), false));
    held.add(behind);
    result.held.add(new BatchResult.Held(item.event(), why, false));
  }

  /** A record that cannot be read comes first: whatever waits of its key was there before it. */
  private @Nullable EntityKey behind(Item item) {
    if (held.isEmpty()) {
      return null;
    }
    EntityKey unreadable = UnreadableRecords.ahead(item.delivery());
    if (held.contains(unreadable)) {
      return unreadable;
    }
    return held.contains(item.waits()) ? item.waits() : null;
  }
}
