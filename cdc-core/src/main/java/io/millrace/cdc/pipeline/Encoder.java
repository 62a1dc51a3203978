package io.millrace.cdc.pipeline;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.UnpublishedEvent;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events as the transport gets them, or, where one must not or cannot go, as they are held:
 * complete, so that another release of the application may express them.
 */
final class Encoder {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final PipelineSettings settings;
  private final EventCodec codec;
  private final EventCodec complete = ProtobufCodec.instance();
  private boolean silent;

  Encoder(PipelineSettings settings) {
    this.settings = settings;
    this.codec = settings.codec();
  }

  /**
   * An event's bytes.
   *
   * @param bytes in the form that the cause says
   * @param cause what it would be held for
   * @param refusal why it must be held; null where it may be published
   */
  record Outgoing(Encoded bytes, UnpublishedEvent.Cause cause, @Nullable String refusal) {}

  /** Fails where the event is refused and the policy is to stop, or where it cannot be held. */
  Outgoing encode(ChangeEvent event) {
    if (event.hops() >= settings.hopLimit()) {
      return refused(
          event, UnpublishedEvent.Cause.HOP_LIMIT, new EventException(circulates(event)));
    }
    try {
      return new Outgoing(codec.encode(event), UnpublishedEvent.Cause.TRANSPORT, null);
    } catch (EventException e) {
      if (e.retryable()) {
        throw e;
      }
      return refused(event, UnpublishedEvent.Cause.CODEC, e);
    }
  }

  /**
   * A heartbeat's bytes. Null where the codec cannot express one: a reader of its form, who knows
   * nothing of this library, must not meet it in another.
   */
  @Nullable Encoded heartbeat(ChangeEvent event) {
    try {
      return codec.encode(event);
    } catch (EventException e) {
      if (e.retryable()) {
        throw e;
      }
      if (!silent) {
        silent = true;
        LOG.warn(
            "Pipeline '{}' keeps its heartbeats to itself, since its codec cannot express them: appliers of this channel are healthy while they make progress, and keep the ledger rows of deleted keys. {}",
            settings.name(),
            e.getMessage());
      }
      return null;
    }
  }

  /** What the transport gets of an event that was held; fails as a codec does. */
  Encoded encode(UnpublishedEvent held) {
    return switch (held.cause()) {
      case TRANSPORT -> held.event();
      case CODEC, HOP_LIMIT -> codec.encode(complete.decode(held.event()));
    };
  }

  private Outgoing refused(ChangeEvent event, UnpublishedEvent.Cause cause, EventException why) {
    if (settings.unpublishable().action() == Unpublishable.Action.STOP) {
      throw why;
    }
    try {
      return new Outgoing(complete.encode(event), cause, String.valueOf(why.getMessage()));
    } catch (EventException e) {
      throw new EventException(
          "Pipeline '%s' stops: it can neither publish an event (%s) nor hold it (%s). Mend the row at its source, or leave it out with filter(…)."
              .formatted(settings.name(), why.getMessage(), e.getMessage()),
          e);
    }
  }

  private String circulates(ChangeEvent event) {
    return "%s of routing key '%s' has passed %s sites, and hopLimit is %s: sites answer each other's changes, most likely by triggers. Break the circle, then replay its routing key or discard it; where so long a chain is meant, raise hopLimit(…)."
        .formatted(event, event.routingKey(), event.hops(), settings.hopLimit());
  }
}
