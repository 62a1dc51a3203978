package io.millrace.cdc.source;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How far a reader is behind its log.
 *
 * @param lastChangeAt when the last change read was made; empty before the first
 * @param lagMillis age of the oldest unread change; 0 when all is read; empty where it is not known
 * @param headroom how long the log keeps what is not read yet before it is purged; empty where it
 *     is not known
 */
public record SourceProgress(
    Optional<Instant> lastChangeAt, OptionalLong lagMillis, Optional<Duration> headroom) {
  /** Nothing is known yet. */
  public static SourceProgress unknown() {
    return new SourceProgress(Optional.empty(), OptionalLong.empty(), Optional.empty());
  }
}
