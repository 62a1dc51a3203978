package io.millrace.examples.monolith;

import java.util.concurrent.atomic.AtomicInteger;

/** Ends this JVM at once, as SIGKILL does, when a place of a point is passed for the n-th time. */
final class Fuse {
  private final CrashPoint point;
  private final int place;
  private final AtomicInteger left;

  private Fuse(CrashPoint point, int place, int passage) {
    this.point = point;
    this.place = place;
    this.left = new AtomicInteger(passage);
  }

  /** From a text as {@link #argument} gives it. */
  static Fuse parse(String argument) {
    String[] parts = argument.split("/", -1);
    return new Fuse(
        CrashPoint.valueOf(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
  }

  static String argument(CrashPoint point, int place, int passage) {
    return point + "/" + place + "/" + passage;
  }

  /** Never burns. */
  static Fuse none() {
    return new Fuse(CrashPoint.READ, -1, 0);
  }

  boolean isAt(CrashPoint here, int herePlace) {
    return point == here && place == herePlace;
  }

  void pass(CrashPoint here, int herePlace) {
    if (isAt(here, herePlace) && left.decrementAndGet() == 0) {
      Runtime.getRuntime().halt(point.status());
    }
  }
}
