package io.millrace.cdc.source;

/**
 * Where the first run of a pipeline starts. There is no default: the difference is lost changes or
 * a flood.
 */
public enum FirstStart {
  /** With the first change committed after the start. */
  NOW,
  /** With the oldest change that the log still holds. */
  OLDEST
}
