package io.millrace.cdc.source;

import io.millrace.cdc.position.Position;
import java.time.Duration;

/**
 * Reads one log from a point on. Used by one thread; connects on its own and holds bounded memory.
 */
public interface SourceReader extends AutoCloseable {
  /** Name of the log, as it stands in the events. */
  String log();

  /** The epoch of the versions that this reader makes. */
  long epoch();

  /** Where this reader started: resuming there reads the same changes again. */
  Position position();

  /**
   * The next changes in log order.
   *
   * <p>Returns at once when there are any, waits up to {@code maxWait} (less after {@link
   * Source#wakeUp()}) when there are none, and may then return an empty batch, with a position
   * where the log moved on without a change for us. Fails with {@link
   * io.millrace.cdc.error.SourceException}; after a failure the reader is closed and opened anew.
   *
   * @param maxEvents at least 1; a transaction larger than that is spread over several batches
   */
  SourceBatch poll(int maxEvents, Duration maxWait) throws InterruptedException;

  /**
   * Told after a position was saved: nothing before it will be asked for again, so that retention
   * may pass it. May do nothing.
   */
  void saved(Position position);

  /** How far reading is behind the log, as far as the source can tell cheaply. */
  SourceProgress progress();

  /** Frees the connection; idempotent; ends within seconds. */
  @Override
  void close();
}
