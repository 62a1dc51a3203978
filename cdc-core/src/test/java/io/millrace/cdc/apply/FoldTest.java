package io.millrace.cdc.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Two or three sites write one row over one channel, with capture lag, publishers that crash and
 * send again, appliers that lag and fold several events at once, and a site that is restored: when
 * all is quiet, all are equal.
 */
final class FoldTest {
  private static final List<String> COLUMNS = List.of("w", "x", "y", "z");
  private static final int RUNS = 4_000;

  /** How the sites begin. */
  enum Start {
    EQUAL,
    EMPTY,
    ROW_AT_ONE_SITE
  }

  @ParameterizedTest
  @CsvSource({
    "2, EQUAL, false, false",
    "3, EQUAL, false, false",
    "2, EQUAL, true, false",
    "3, EQUAL, true, false",
    "2, EMPTY, false, false",
    "3, EMPTY, true, false",
    "2, ROW_AT_ONE_SITE, false, false",
    "3, ROW_AT_ONE_SITE, true, false",
    "2, EQUAL, false, true",
    "3, EMPTY, false, true"
  })
  void quiet_sites_are_equal(int sites, Start start, boolean restore, boolean rounding) {
    for (int seed = 0; seed < RUNS; seed++) {
      Simulation simulation = new Simulation(seed, sites, start, restore, rounding);
      simulation.run();
      for (Site site : simulation.sites) {
        assertEquals(
            simulation.seen(simulation.sites.get(0)),
            simulation.seen(site),
            "seed %s, %s sites, start %s, restore %s".formatted(seed, sites, start, restore));
      }
    }
  }

  @Test
  void a_later_foreign_write_of_another_column_leaves_an_own_write_alone() {
    FoldState state = FoldState.initial(true);
    Map<String, Long> row = hashes(Map.of("x", "local", "y", "old"));
    state.shadow.put("x", FoldHash.of(Value.of("before")));
    state.shadow.put("y", FoldHash.of(Value.of("old")));
    Fold fold = new Fold(List.of("x", "y"), state, row);
    Row foreign = Row.builder().put("x", Value.of("theirs")).put("y", Value.of("new")).build();
    assertEquals(List.of("x"), fold.write(List.of("x", "y"), foreign, false));
    assertEquals(Map.of("y", Value.of("new")), fold.pending());
    assertEquals(RowWrite.Kind.UPDATE, fold.kind());
  }

  @Test
  void the_state_survives_encoding() {
    FoldState state = FoldState.initial(false);
    state.gone = true;
    state.shadow.put("x", 42L);
    state.shadow.put("y", -1L);
    state.wrote.add("y");
    FoldState read = FoldState.decode(EntityKey.of("e", "1"), state.encode());
    assertEquals(state.shadow, read.shadow);
    assertEquals(state.wrote, read.wrote);
    assertEquals(List.of(false, true), List.of(read.exists, read.gone));
  }

  private static Map<String, Long> hashes(Map<String, String> row) {
    Map<String, Long> hashes = new HashMap<>();
    row.forEach((column, value) -> hashes.put(column, FoldHash.of(Value.of(value))));
    return hashes;
  }

  /** An event of one site's log. */
  private record Event(
      int log,
      long epoch,
      long number,
      char type,
      List<String> changed,
      @Nullable Map<String, String> row) {}

  /** One database with its log, its publisher and its applier; copied for a restore. */
  private static final class Site {
    final int id;
    @Nullable Map<String, String> row;
    List<Event> log = new ArrayList<>();
    int sent;
    long epoch;
    long number;
    int offset;
    Map<Integer, long[]> ledger = new HashMap<>();
    byte @Nullable [] shadow;

    Site(int id) {
      this.id = id;
    }

    Site(Site other) {
      this(other.id);
      row = other.row == null ? null : new TreeMap<>(other.row);
      log = new ArrayList<>(other.log);
      sent = other.sent;
      epoch = other.epoch;
      number = other.number;
      offset = other.offset;
      ledger = new HashMap<>(other.ledger);
      shadow = other.shadow;
    }
  }

  /** One random run. */
  private static final class Simulation {
    final Random random;
    final boolean restore;
    final boolean rounding;
    final List<Event> topic = new ArrayList<>();
    final List<Site> sites = new ArrayList<>();
    @Nullable Site snapshot;

    Simulation(long seed, int count, Start start, boolean restore, boolean rounding) {
      this.random = new Random(seed);
      this.restore = restore;
      this.rounding = rounding;
      int holder = random.nextInt(count);
      for (int i = 0; i < count; i++) {
        Site site = new Site(i);
        if (start == Start.EQUAL || (start == Start.ROW_AT_ONE_SITE && i == holder)) {
          site.row = new TreeMap<>();
          for (String column : COLUMNS) {
            site.row.put(column, "init");
          }
        }
        sites.add(site);
      }
    }

    void run() {
      int steps = 5 + random.nextInt(75);
      for (int step = 0; step < steps; step++) {
        Site site = sites.get(random.nextInt(sites.size()));
        switch (random.nextInt(7)) {
          case 0, 1 -> write(site);
          case 2, 3 -> publish(site);
          default -> apply(site);
        }
        if (restore) {
          maybeRestore();
        }
      }
      if (topic.isEmpty() && sites.stream().allMatch(site -> site.log.isEmpty())) {
        write(
            sites.get(
                0)); // a row that nobody ever touches stays where it is; that is a backfill's work
      }
      while (sites.stream()
          .anyMatch(site -> site.sent < site.log.size() || site.offset < topic.size())) {
        Site site = sites.get(random.nextInt(sites.size()));
        if (random.nextBoolean()) {
          publish(site);
        } else {
          apply(site);
        }
      }
      if (topic.isEmpty()) {
        sites.forEach(site -> site.row = null);
      }
    }

    /** A site's row as the coarsest site can hold it. */
    @Nullable Map<String, String> seen(Site site) {
      if (site.row == null) {
        return null;
      }
      Map<String, String> seen = new TreeMap<>(site.row);
      seen.computeIfPresent("z", (column, value) -> rounding ? rounded(value) : value);
      return seen;
    }

    private String value() {
      return Integer.toString(random.nextInt(3) + (rounding ? 10 * random.nextInt(2) : 0));
    }

    /** What a site's column makes of a value: with rounding, site 1 holds tens only in column z. */
    private String stored(Site site, String column, String value) {
      return rounding && site.id == 1 && column.equals("z") ? rounded(value) : value;
    }

    private static String rounded(String value) {
      return value.length() == 2 ? value.charAt(0) + "0" : value.equals("init") ? value : "0";
    }

    private void write(Site site) {
      double dice = random.nextDouble();
      if (site.row == null) {
        if (dice < .5) {
          site.row = new TreeMap<>();
          for (String column : COLUMNS) {
            site.row.put(column, stored(site, column, value()));
          }
          emit(site, 'C', COLUMNS);
        }
      } else if (dice < .15) {
        site.row = null;
        emit(site, 'D', List.of());
      } else {
        List<String> changed = new ArrayList<>();
        for (String column : COLUMNS) {
          String value = stored(site, column, value());
          if (random.nextDouble() < .4 && !value.equals(site.row.get(column))) {
            site.row.put(column, value);
            changed.add(column);
          }
        }
        if (!changed.isEmpty()) {
          emit(site, 'U', changed);
        }
      }
    }

    private void emit(Site site, char type, List<String> changed) {
      site.number++;
      Map<String, String> state = site.row == null ? null : new TreeMap<>(site.row);
      site.log.add(new Event(site.id, site.epoch, site.number, type, changed, state));
    }

    private void publish(Site site) {
      if (site.sent < site.log.size()) {
        topic.add(site.log.get(site.sent++));
      }
      if (random.nextDouble() < .1) {
        site.sent = Math.max(0, site.sent - random.nextInt(4));
      }
    }

    /** Applies a few events in one transaction, as a batch does. */
    private void apply(Site site) {
      int end = Math.min(topic.size(), site.offset + 1 + random.nextInt(3));
      if (end == site.offset) {
        return;
      }
      FoldState state =
          site.shadow == null
              ? FoldState.initial(site.row != null)
              : FoldState.decode(EntityKey.of("row", "1"), site.shadow);
      Fold fold = new Fold(COLUMNS, state, site.row == null ? null : hashes(site.row));
      boolean applied = false;
      for (Event event : topic.subList(site.offset, end)) {
        long[] known = site.ledger.get(event.log);
        if (known != null
            && (event.epoch < known[0] || (event.epoch == known[0] && event.number <= known[1]))) {
          continue;
        }
        site.ledger.put(event.log, new long[] {event.epoch, event.number});
        boolean own = event.log == site.id && event.epoch == site.epoch;
        if (event.type == 'D') {
          fold.delete(own, false);
        } else {
          Row.Builder values = Row.builder();
          Objects.requireNonNull(event.row)
              .forEach((column, value) -> values.put(column, Value.of(value)));
          fold.write(event.changed, values.build(), own);
        }
        applied = true;
      }
      site.offset = end;
      if (applied) {
        execute(site, fold);
      }
    }

    private void execute(Site site, Fold fold) {
      switch (fold.kind()) {
        case DELETE -> site.row = null;
        case INSERT, UPDATE -> {
          Map<String, String> row =
              site.row == null || fold.kind() == RowWrite.Kind.INSERT ? new TreeMap<>() : site.row;
          fold.pending()
              .forEach(
                  (column, value) ->
                      row.put(column, stored(site, column, ((Value.StringValue) value).value())));
          site.row = row;
          fold.settle(hashes(row));
        }
        case NONE, UPSERT, MOVE, RENAME -> {}
      }
      site.shadow = fold.state().encode();
    }

    /**
     * Rows, ledger, offsets and log of site 0 go back together; what was published stays published;
     * a new epoch begins.
     */
    private void maybeRestore() {
      Site site = sites.get(0);
      if (snapshot == null) {
        if (random.nextDouble() < .3) {
          snapshot = new Site(site);
        }
      } else if (site.epoch == 0 && random.nextDouble() < .2) {
        Site restored = new Site(snapshot);
        restored.sent = Math.max(0, Math.min(site.sent, restored.log.size()) - random.nextInt(3));
        restored.epoch = 1;
        restored.number = 0;
        for (int i = restored.sent; i < restored.log.size(); i++) {
          Event again = restored.log.get(i);
          restored.log.set(
              i, new Event(again.log, 1, ++restored.number, again.type, again.changed, again.row));
        }
        sites.set(0, restored);
      }
    }
  }
}
