package io.millrace.cdc.apply;

/** What happens to an event whose entity the target does not map. */
public enum Unmapped {
  /** The applier fails and names the entity. */
  STOP,
  /** The event is skipped and counted. */
  IGNORE
}
