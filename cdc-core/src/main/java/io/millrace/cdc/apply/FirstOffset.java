package io.millrace.cdc.apply;

/** Where an applier starts in a partition it never applied from. */
public enum FirstOffset {
  /** With the oldest event that the channel still holds. */
  OLDEST,
  /** With the first event that comes after the start. */
  NEWEST
}
