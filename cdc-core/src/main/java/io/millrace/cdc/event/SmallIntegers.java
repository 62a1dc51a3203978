package io.millrace.cdc.event;

/** One object for each of the small numbers that flags, counts and years of tables are full of. */
final class SmallIntegers {
  private static final int LOWEST = -128;
  private static final Value[] KNOWN = new Value[LOWEST * -1 + 4096];

  static {
    for (int i = 0; i < KNOWN.length; i++) {
      KNOWN[i] = new Value.Int64Value(i + (long) LOWEST);
    }
  }

  private SmallIntegers() {}

  static Value of(long value) {
    return value >= LOWEST && value < LOWEST + KNOWN.length
        ? KNOWN[(int) value - LOWEST]
        : new Value.Int64Value(value);
  }
}
