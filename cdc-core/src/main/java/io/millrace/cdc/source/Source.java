package io.millrace.cdc.source;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.Heartbeat;
import java.util.List;

/**
 * One captured database. Immutable configuration; nothing is connected until {@link #open} or
 * {@link #preflight}.
 *
 * <p>Both fail with a retryable {@link io.millrace.cdc.error.SourceException} where the server
 * cannot be reached.
 */
public interface Source {
  /** Tag of the application whose changes these are; stands in the events' {@code source}. */
  String service();

  /** What is captured and where, for messages and logs; no secrets. */
  String describe();

  /**
   * Connects and names every setting that would lose data silently and every missing grant; empty
   * where all is well.
   */
  List<Finding> preflight();

  /**
   * Connects and starts to read.
   *
   * <p>Where {@code start} holds a position, the reader re-reads the position's witness and fails
   * with {@link io.millrace.cdc.error.LostPositionException} where it is not what the position says
   * or is gone. Where the log's identity changed in a way that lets reading go on, the reader's
   * {@link SourceReader#epoch()} is higher than {@code start.epoch()}; the pipeline stores it
   * before it publishes anything.
   */
  SourceReader open(ReaderStart start);

  /**
   * Writes one small row into the captured database that the readers of this source give back as an
   * event of the pipeline that is named in it. Called by a thread of its own; a source that is away
   * may keep it waiting, but not for ever.
   *
   * <p>Optional: by default there are no heartbeats.
   *
   * @return false where this source has no place for heartbeats, so that nothing will come back
   */
  default boolean beat(Heartbeat heartbeat) {
    return false;
  }

  /** Ends the wait of a {@link SourceReader#poll} under way, if any; never blocks; any thread. */
  void wakeUp();
}
