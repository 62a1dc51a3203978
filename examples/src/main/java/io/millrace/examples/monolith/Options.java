package io.millrace.examples.monolith;

import java.util.List;
import java.util.Random;

/**
 * What the command line said.
 *
 * @param database the database that can be chosen, by the example's own words; {@code auto}: the
 *     best one that is there
 * @param changes stop writing after so many committed row changes; where only seconds are given, no
 *     end
 * @param seconds stop writing after so many seconds
 * @param rate changes per second over both sides
 * @param seed of the writers' choices, and of the killing
 * @param large one transaction in fifty has so many rows; 0 for none
 * @param kill whether the JVMs that sync are killed at random and started again while the writers
 *     go on
 * @param json whether the summary is one JSON line on standard output
 */
public record Options(
    String database,
    long changes,
    long seconds,
    double rate,
    long seed,
    int large,
    boolean kill,
    boolean json) {
  private static final long DEFAULT_CHANGES = 4000;
  private static final long MOST_SECONDS = 600;

  /**
   * Reads the arguments.
   *
   * @param databaseOption the option that names a database; empty for none
   * @param databases what it may name, besides {@code auto}
   * @throws IllegalArgumentException that says what is wrong
   */
  public static Options parse(String[] arguments, String databaseOption, List<String> databases) {
    String database = "auto";
    long changes = 0;
    long seconds = 0;
    double rate = 200;
    long seed = new Random().nextInt(1_000_000);
    int large = 0;
    boolean kill = false;
    boolean json = false;
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].equals(databaseOption)) {
        database = word(arguments, ++i, databases);
        continue;
      }
      switch (arguments[i]) {
        case "--changes" -> changes = Math.round(number(arguments, ++i, 1));
        case "--seconds" -> seconds = Math.round(number(arguments, ++i, 1));
        case "--rate" -> rate = number(arguments, ++i, 1);
        case "--seed" -> seed = Math.round(number(arguments, ++i, Long.MIN_VALUE));
        case "--large" -> large = (int) Math.min(number(arguments, ++i, 0), 100_000);
        case "--kill" -> kill = true;
        case "--json" -> json = true;
        default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
      }
    }
    if (changes == 0) {
      changes = seconds == 0 ? DEFAULT_CHANGES : Long.MAX_VALUE;
    }
    return new Options(
        database, changes, seconds == 0 ? MOST_SECONDS : seconds, rate, seed, large, kill, json);
  }

  private static String word(String[] arguments, int index, List<String> words) {
    if (index < arguments.length
        && (arguments[index].equals("auto") || words.contains(arguments[index]))) {
      return arguments[index];
    }
    throw new IllegalArgumentException(
        arguments[index - 1] + " needs one of auto, " + String.join(", ", words));
  }

  private static double number(String[] arguments, int index, double least) {
    String option = arguments[index - 1];
    if (index >= arguments.length) {
      throw new IllegalArgumentException(option + " needs a number");
    }
    try {
      double number = Long.parseLong(arguments[index]);
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        option
            + " needs a whole number of at least "
            + (long) least
            + ", got '"
            + arguments[index]
            + "'");
  }
}
