package io.millrace.cdc.pipeline;

import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.transport.Publisher;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A pipeline's configuration, checked and complete. */
record PipelineSettings(
    String name,
    String owner,
    Source source,
    Publisher publisher,
    PositionStore positions,
    FirstStart firstStart,
    LostPosition lostPosition,
    Unpublishable unpublishable,
    EventCodec codec,
    @Nullable Predicate<ChangeEvent> filter,
    @Nullable UnaryOperator<ChangeEvent> transform,
    @Nullable Function<ChangeEvent, String> routing,
    int hopLimit,
    int maxInFlightEvents,
    long maxInFlightBytes,
    Duration saveInterval,
    Duration leaseDuration,
    Duration retryMin,
    Duration retryMax,
    Duration healthLimit,
    Duration heartbeatInterval,
    Duration startTimeout,
    Duration closeTimeout,
    Clock clock,
    PipelineListener listener) {

  /**
   * Most events that one poll asks for: enough to amortise a round trip, few enough to stay live.
   */
  private static final int POLL_LIMIT = 1_000;

  int pollSize() {
    return Math.min(POLL_LIMIT, maxInFlightEvents);
  }

  /** Everything that decides what is published and how, without secrets. */
  String describe() {
    return "pipeline '%s' from %s (service '%s') to %s, positions in %s, first start %s, lost position %s, unpublishable %s, codec %s, filter %s, transform %s, routing %s, hop limit %s, in flight %s events %s bytes, save every %s, lease %s, retry %s to %s, heartbeat every %s within %s"
        .formatted(
            name,
            source.describe(),
            source.service(),
            publisher.describe(),
            positions.describe(),
            firstStart,
            lostPosition,
            unpublishable,
            codec.contentType(),
            filter != null ? "set" : "none",
            transform != null ? "set" : "none",
            routing != null ? "set" : "default",
            hopLimit,
            maxInFlightEvents,
            maxInFlightBytes,
            saveInterval,
            leaseDuration,
            retryMin,
            retryMax,
            heartbeatInterval,
            healthLimit);
  }

  /** Twelve hexadecimal digits that change with {@link #describe()}. */
  String fingerprint() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(describe().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
