package io.millrace.benchmarks.protocol;

import java.nio.file.Path;
import java.util.List;

/**
 * One contender's order.
 *
 * @param task what to do
 * @param style in which form
 * @param events how many events, rows or transactions make a round
 * @param directory the contender's own, for files that it keeps and for what it hands back
 * @param from the database that is read or written
 * @param to where changes are brought, or {@link Place#NONE}
 * @param table the table or collection, without the database; a topic
 * @param broker address of a Kafka broker, empty where none is needed
 */
public record Job(
    Task task,
    Style style,
    int events,
    Path directory,
    Place from,
    Place to,
    String table,
    String broker) {
  private static final int ARGUMENTS = 18;
  private static final int BATCH = 500;
  private static final int MONGO_BATCH = 100;

  /** Rows that an applier's transaction has; a long transaction on MongoDB meets others. */
  public int batch() {
    return to.url().startsWith("mongodb:") ? MONGO_BATCH : BATCH;
  }

  /** As program arguments. */
  public List<String> toArguments() {
    return List.of(
        task.name(),
        style.name(),
        Integer.toString(events),
        directory.toString(),
        table,
        from.url(),
        from.host(),
        Integer.toString(from.port()),
        from.database(),
        from.user(),
        from.password(),
        to.url(),
        to.host(),
        Integer.toString(to.port()),
        to.database(),
        to.user(),
        to.password(),
        broker);
  }

  /**
   * Reads what {@link #toArguments()} made.
   *
   * @throws IllegalArgumentException where it is something else
   */
  public static Job parse(String... arguments) {
    if (arguments.length != ARGUMENTS) {
      throw new IllegalArgumentException(
          "a contender is started by benchmarks/run with "
              + ARGUMENTS
              + " arguments, got "
              + arguments.length);
    }
    return new Job(
        Task.valueOf(arguments[0]),
        Style.valueOf(arguments[1]),
        Integer.parseInt(arguments[2]),
        Path.of(arguments[3]),
        place(arguments, 5),
        place(arguments, 11),
        arguments[4],
        arguments[17]);
  }

  private static Place place(String[] arguments, int at) {
    return new Place(
        arguments[at],
        arguments[at + 1],
        Integer.parseInt(arguments[at + 2]),
        arguments[at + 3],
        arguments[at + 4],
        arguments[at + 5]);
  }

  /** Where the arrival times of a round go: one long a row, {@link System#nanoTime()}. */
  public Path times(int round) {
    return directory.resolve("times-" + round);
  }
}
