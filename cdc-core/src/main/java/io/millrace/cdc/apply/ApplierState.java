package io.millrace.cdc.apply;

/** Where an applier is in its life: NEW → RUNNING ⇄ RETRYING → FAILED or CLOSED. */
public enum ApplierState {
  /** Not started. */
  NEW,
  /** Applying, or waiting for events. */
  RUNNING,
  /** Target or transport is away; it tries again for ever. */
  RETRYING,
  /** Stopped by an error that needs a person; see the status. */
  FAILED,
  /** Closed. */
  CLOSED
}
