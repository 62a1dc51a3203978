package io.millrace.cdc.apply;

/** What happens to a record that the codec cannot read: bytes that are no event, a newer format. */
public enum Unreadable {
  /** The applier fails and names the record; it stays in the channel, with all that follows. */
  STOP,
  /**
   * The record is kept whole in the target, and so are all later ones of its routing key and
   * partition, in order; other keys go on. It is tried again like a refused event, so that a
   * release that can read it applies it, and is listed, replayed and discarded as a key of entity
   * {@code millrace.unreadable}. A codec that is not the writer's keeps everything there is in this
   * way.
   */
  HOLD
}
