package io.millrace.cdc.apply;

/** How a target treats the events of one entity. */
public enum EntityMode {
  /** The target's rows belong to the source: whole state. */
  MIRROR,
  /**
   * Both sides write: the row is the fold of the channel with own, not yet returned writes on top.
   */
  SHARED,
  /** A handler is called. */
  HANDLER,
  /** Events are skipped on purpose. */
  IGNORED
}
