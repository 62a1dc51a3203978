package io.millrace.cdc.pipeline;

/** What a pipeline does when its saved position is gone, or is not one of the log it finds. */
public enum LostPosition {
  /** It fails and says what it found; a person decides. */
  STOP,
  /**
   * It goes on from the oldest change that the log still holds, under a risen epoch. What was
   * purged in between never reaches a consumer; the gap is logged, told to the listener, and kept
   * with the position for good: {@link PipelineStatus#acceptedGaps()}.
   */
  ACCEPT_GAP
}
