package io.millrace.cdc.apply;

import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Version;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The two events of a key change and how they find each other; the rule stands in docs/adr/0023.
 */
final class Moves {
  private Moves() {}

  /**
   * What is applied as one.
   *
   * @param first an event, or the DELETED of a key change
   * @param second the CREATED of the same key change
   */
  record Unit(Item first, @Nullable Item second) {
    static Unit of(Item item) {
      return new Unit(item, null);
    }

    /** The two events of one key change, in whichever order. */
    static Unit pair(Item one, Item two) {
      return one.event().type() == ChangeType.DELETED ? new Unit(one, two) : new Unit(two, one);
    }

    /** How many events it is. */
    int size() {
      return second == null ? 1 : 2;
    }
  }

  /** Whether an event is one of the two of a key change, which are about two ids. */
  static boolean isHalf(ChangeEvent event) {
    Row other = event.previousKey();
    return other != null
        && (event.type() == ChangeType.DELETED || event.type() == ChangeType.CREATED)
        && !CanonicalId.of(other).equals(event.id());
  }

  /** The key that the other event of a key change is about. */
  static EntityKey other(ChangeEvent half) {
    return EntityKey.of(
        half.entity(), CanonicalId.of(Objects.requireNonNull(half.previousKey(), "previous key")));
  }

  /**
   * Whether two events are of one key change: their versions are neighbours, as those of no two
   * changes are.
   */
  static boolean isPair(ChangeEvent one, ChangeEvent two) {
    return isHalf(one)
        && isHalf(two)
        && one.type() != two.type()
        && one.log().equals(two.log())
        && areNeighbours(one.version(), two.version())
        && other(one).equals(EntityKey.of(two))
        && other(two).equals(EntityKey.of(one));
  }

  private static boolean areNeighbours(Version one, Version two) {
    return one.length() == two.length()
        && new BigInteger(1, one.toBytes())
            .subtract(new BigInteger(1, two.toBytes()))
            .abs()
            .equals(BigInteger.ONE);
  }

  /** Whether the ledger knows that what the other event says was applied, or overtaken. */
  static boolean otherIsDone(ChangeEvent half, LedgerView ledger) {
    LedgerEntry known = ledger.get(other(half), half.log());
    if (known == null) {
      return false;
    }
    byte[] version = half.version().toBytes();
    if (half.type() == ChangeType.DELETED) {
      return Arrays.compareUnsigned(known.version(), version) > 0;
    }
    if (version[version.length - 1] == 1) {
      version[version.length - 1] = 0; // the DELETED's
    }
    return Arrays.compareUnsigned(known.version(), version) >= 0;
  }

  /**
   * Whether a key change is read again after a raised epoch, over a row that lives under the new
   * key: that one is not to make room for whatever stands under the old key now.
   */
  static boolean isOverLaterState(ChangeEvent half, LedgerView ledger) {
    EntityKey key = half.type() == ChangeType.CREATED ? EntityKey.of(half) : other(half);
    LedgerEntry known = ledger.get(key, half.log());
    return known != null
        && !known.deleted()
        && Version.fromBytes(known.version()).epoch() < half.version().epoch();
  }

  /** What the ledger has to know of an item that was applied. */
  static List<LedgerEntry> entries(Item item) {
    LedgerEntry own = LedgerView.entry(item.key(), item.event());
    return switch (item.role()) {
      case WHOLE, ELEMENT, UNLISTED, LEFT, ARRIVED -> List.of(own);
      case LEFT_FIRST, ARRIVED_FIRST ->
          List.of(
              own,
              new LedgerEntry(
                  other(item.event()),
                  own.log(),
                  own.version(),
                  !own.deleted(),
                  null,
                  item.event().hops()));
    };
  }

  /**
   * Puts the two events of a key change together. The first to come stops its key until the other
   * one comes; so the order of each key stays, and a key change stands where both keys have come to
   * it. One whose other does not come is left for itself, with what follows of its key.
   *
   * @param half which items are to be put together
   */
  static List<Unit> units(List<Item> items, Predicate<Item> half) {
    return new Pairing(items, half).units();
  }

  private static final class Pairing {
    private final List<Item> items;
    private final Predicate<Item> half;
    private final boolean[] placed;
    private final List<Unit> units;
    private final Map<EntityKey, Deque<Integer>> stopped = new LinkedHashMap<>();

    Pairing(List<Item> items, Predicate<Item> half) {
      this.items = items;
      this.half = half;
      this.placed = new boolean[items.size()];
      this.units = new ArrayList<>(items.size());
    }

    List<Unit> units() {
      if (items.stream().noneMatch(half)) {
        return items.stream().map(Unit::of).toList();
      }
      for (int i = 0; i < items.size(); i++) {
        Deque<Integer> queue = stopped.get(items.get(i).key());
        if (queue != null) {
          queue.add(i);
        } else {
          place(i);
        }
      }
      for (int i = 0; i < items.size(); i++) {
        if (!placed[i]) {
          units.add(Unit.of(items.get(i)));
        }
      }
      return units;
    }

    private void place(int index) {
      Item item = items.get(index);
      if (!half.test(item)) {
        placed[index] = true;
        units.add(Unit.of(item));
        return;
      }
      EntityKey other = other(item.event());
      Deque<Integer> queue = stopped.get(other);
      if (queue == null || !isPair(items.get(queue.element()).event(), item.event())) {
        stopped.computeIfAbsent(item.key(), key -> new ArrayDeque<>()).add(index);
        return;
      }
      int first = queue.remove();
      placed[first] = true;
      placed[index] = true;
      units.add(Unit.pair(items.get(first), item));
      stopped.remove(other);
      while (!queue.isEmpty()) {
        place(queue.remove());
        Deque<Integer> again = stopped.get(other);
        if (again != null) { // stopped by the next key change
          again.addAll(queue);
          return;
        }
      }
    }
  }

  /**
   * Cuts what is applied where one write must not be made together with those before. Each run is
   * either without a key change or made of key changes that have no key in common; and a row that
   * is made anew with only some of its fields gets none of those that it had before it was deleted;
   * and what becomes part of a row that was deleted does not keep it.
   *
   * @param parts entities whose rows lie in the rows of others
   */
  static List<List<Item>> runs(List<Item> items, Set<String> parts) {
    if (items.stream()
        .noneMatch(
            item -> item.moves() || isPartial(item) || parts.contains(item.event().entity()))) {
      return List.of(items);
    }
    List<List<Item>> runs = new ArrayList<>();
    List<Item> run = new ArrayList<>();
    boolean moving = false;
    Set<EntityKey> keys = new HashSet<>();
    for (Item item : items) {
      boolean again = item.role() != Item.Role.ARRIVED && repeats(item, keys, parts);
      if (!run.isEmpty() && (item.moves() != moving || again)) {
        runs.add(run);
        run = new ArrayList<>();
        keys.clear();
      }
      moving = item.moves();
      if (moving) {
        keys.add(item.key());
        keys.add(other(item.event()));
      } else if (item.event().type() == ChangeType.DELETED) {
        keys.add(item.key());
      }
      run.add(item);
    }
    runs.add(run);
    return runs;
  }

  private static boolean isPartial(Item item) {
    Row state = item.event().newValue();
    return state != null && state.partial();
  }

  private static boolean repeats(Item item, Set<EntityKey> keys, Set<String> parts) {
    if (item.moves()) {
      return keys.contains(item.key()) || keys.contains(other(item.event()));
    }
    return (isPartial(item) && keys.contains(item.key()))
        || (item.event().type() != ChangeType.DELETED
            && parts.contains(item.event().entity())
            && keys.contains(item.waits()));
  }
}
