package io.millrace.cdc.pipeline;

/** Where a pipeline is in its life. */
public enum PipelineState {
  /** Built; nothing was started or connected. */
  NEW,
  /** Takes its lease, checks both ends, opens the reader. */
  STARTING,
  /** Another instance holds the lease; this one waits for it. */
  STANDBY,
  /** Reads and publishes. */
  RUNNING,
  /** Something that may pass by itself went wrong; it is tried again after a pause. */
  RETRYING,
  /** Something that needs a person went wrong; nothing more happens until a new pipeline starts. */
  FAILED,
  /** Is being closed: waits for acknowledgements, saves the position. */
  CLOSING,
  /** The end. */
  CLOSED;

  /** Whether a pipeline in this state may go to the other one. */
  public boolean mayBecome(PipelineState next) {
    return switch (this) {
      case NEW -> next == STARTING || next == CLOSING;
      case STARTING ->
          next == STANDBY
              || next == RUNNING
              || next == RETRYING
              || next == FAILED
              || next == CLOSING;
      case STANDBY -> next == STARTING || next == RETRYING || next == FAILED || next == CLOSING;
      case RUNNING -> next == STARTING || next == RETRYING || next == FAILED || next == CLOSING;
      case RETRYING -> next == STARTING || next == FAILED || next == CLOSING;
      case FAILED -> next == CLOSING;
      case CLOSING -> next == CLOSED;
      case CLOSED -> false;
    };
  }

  /** Whether the pipeline will publish nothing more. */
  public boolean isEnd() {
    return this == FAILED || this == CLOSED;
  }
}
