package io.millrace.cdc.pipeline;

import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.UnpublishedEvent;
import java.time.Duration;

/**
 * Told what a pipeline does, for metrics and alarms. Every method does nothing by default.
 *
 * <p>Called on the capture thread, except {@link #stateChanged}, which the closing thread calls
 * too, and {@link #status}. A listener must return quickly; what it throws is logged and otherwise
 * ignored.
 */
public interface PipelineListener {
  /** The pipeline came to another state. */
  default void stateChanged(String pipeline, PipelineState from, PipelineState to) {}

  /**
   * A batch was read and handed to the transport.
   *
   * @param captured events that the reader gave
   * @param echoes changes left out because an applier had made them
   * @param filtered events that the filter left out
   */
  default void published(String pipeline, int captured, int echoes, int filtered) {}

  /** A position was saved: everything up to it is acknowledged. */
  default void saved(String pipeline, Position position) {}

  /** An event is held: it cannot be published, or waits behind one of its routing key. */
  default void held(String pipeline, UnpublishedEvent event) {}

  /** So many held events of a routing key were published. */
  default void released(String pipeline, String routingKey, long events) {}

  /** A failure that may pass by itself; it is tried again after the pause. */
  default void retrying(String pipeline, Throwable error, Duration pause) {}

  /** The pipeline has failed for good. */
  default void failed(String pipeline, Throwable error) {}

  /** A lost position was accepted: what the log does not hold any more is never published. */
  default void gapAccepted(String pipeline, String reason, Position goesOnAt) {}

  /**
   * How the pipeline is, every heartbeat interval from its start to its close, whatever the capture
   * thread is doing: lag, headroom, health. Called on a thread of its own.
   */
  default void status(PipelineStatus status) {}

  /** A listener that does nothing. */
  static PipelineListener none() {
    return NoListener.INSTANCE;
  }
}
