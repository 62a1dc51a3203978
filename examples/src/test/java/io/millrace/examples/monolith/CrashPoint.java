package io.millrace.examples.monolith;

import java.util.List;

/** Where a JVM that syncs may be made to die. */
enum CrashPoint {
  READ(101, "read, not published", 60),
  /** Handed to the transport; on the topic, and the pipeline does not know. */
  PUBLISHED(102, "published, not acknowledged", 150, 150),
  /** The acknowledgement was told; the position is about to be saved. */
  ACKNOWLEDGED(103, "acknowledged, position not saved", 150, 4),
  /** The commit returned; the transport is about to be told. */
  COMMITTED(104, "target committed, offsets not reported", 6, 6),
  /** A later part was read; a later part was published. */
  TRANSACTION(105, "in the middle of a transaction of", 4, 4),
  /** A part was published; a position inside it was saved. */
  WINDOW(106, "in the middle of a window", 4, 2),
  /** A hold was committed; a retry was refused; anything was committed while events wait. */
  HELD(107, "while a key is held", 3, 2, 4),
  /** The lease was taken; the position was loaded; the log was opened; published; saved. */
  TAKE_OVER(108, "during lease take-over", 1, 1, 1, 60, 3);

  private final int status;
  private final String words;

  @SuppressWarnings("ImmutableEnumChecker") // List.of is
  private final List<Integer> places;

  CrashPoint(int status, String words, Integer... passages) {
    this.status = status;
    this.words = words;
    this.places = List.of(passages);
  }

  /** For the summary. */
  String cause(String side) {
    if (this == TRANSACTION) {
      return words + " the " + side;
    }
    return words;
  }

  /** At how many places of the code this may be. */
  int places() {
    return places.size();
  }

  /** How often a place may be passed before it is deadly. */
  int mostPassages(int place) {
    return places.get(place);
  }

  /** What the JVM's exit status says. */
  int status() {
    return status;
  }

  boolean isAt(String side) {
    return this != WINDOW || side.equals("service");
  }
}
