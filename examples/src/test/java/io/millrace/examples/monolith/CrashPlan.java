package io.millrace.examples.monolith;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What is to befall one side, life by life; the seed decides. */
final class CrashPlan {
  /**
   * How a life ends.
   *
   * @param point null: at a random moment
   * @param place of the point
   * @param passage of the place, from 1
   * @param millis when, for a random moment, after the start
   * @param flag random moments: both sides at once; take-over: the old instance is paused, not dead
   */
  record End(@Nullable CrashPoint point, int place, int passage, int millis, boolean flag) {
    /** The same place, reached sooner. */
    End sooner() {
      return new End(point, place, Math.max(1, passage / 3), millis, flag);
    }

    List<String> arguments() {
      return point == null ? List.of() : List.of("fuse=" + Fuse.argument(point, place, passage));
    }
  }

  private static final int LONGEST_LIFE_MILLIS = 5_000;

  private CrashPlan() {}

  /**
   * Ends for one side.
   *
   * @param hits how often each point is to be hit, over both sides where it is at both
   * @param random how many random moments, over both sides
   */
  static List<End> make(String side, Random random, int hits, int randomMoments) {
    List<End> ends = new ArrayList<>();
    for (CrashPoint point : CrashPoint.values()) {
      boolean onItsOwn = point == CrashPoint.TRANSACTION || point == CrashPoint.WINDOW;
      int times = !point.isAt(side) ? 0 : onItsOwn ? hits : (hits + 1) / 2;
      int first = random.nextInt(point.places());
      for (int i = 0; i < times; i++) {
        int place = (first + i) % point.places();
        int passage = 1 + random.nextInt(point.mostPassages(place));
        ends.add(new End(point, place, passage, 0, random.nextBoolean()));
      }
    }
    for (int i = 0; i < (randomMoments + 1) / 2; i++) {
      ends.add(new End(null, 0, 0, random.nextInt(LONGEST_LIFE_MILLIS), i % 3 == 0));
    }
    Collections.shuffle(ends, random);
    return ends;
  }
}
