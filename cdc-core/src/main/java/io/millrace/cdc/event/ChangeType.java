package io.millrace.cdc.event;

/** What happened to an entity. The names are those of the contract's {@code Type}. */
public enum ChangeType {
  /** Not known to this reader; it is never produced by this library. */
  UNKNOWN,
  /** A row appeared, or entered a filter. */
  CREATED,
  /** A row changed. */
  UPDATED,
  /** A row went, or left a filter. */
  DELETED,
  /** The state of a row as a backfill read it; a live change of the same key always beats it. */
  SNAPSHOT,
  /**
   * Every row of the entity was removed at once; such an event has an empty id and an empty key.
   */
  TRUNCATED,
  /** An outbox event that is not state. */
  MESSAGE;

  /** Whether an event of this type says what one row looks like, or that it is gone. */
  public boolean isState() {
    return this == CREATED || this == UPDATED || this == DELETED || this == SNAPSHOT;
  }
}
