package io.millrace.cdc.transport;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.Finding;
import java.time.Duration;
import java.util.List;

/**
 * The sending side of a transport.
 *
 * <p>{@link #publish} is called by one thread. Events of one routing key reach the channel in the
 * order of the calls; where one of them fails for good, later ones of its key must not pass it
 * unless their callbacks fail too.
 */
public interface Publisher extends AutoCloseable {
  /** Where events go, for messages; no secrets. */
  String describe();

  /**
   * Connects, names every setting that would lose or reorder events, and learns anew what the
   * channel takes. Fails with a retryable TransportException where away. Called by the thread that
   * publishes, also between events.
   */
  List<Finding> preflight();

  /**
   * Sends an event. Returns before it is acknowledged; may block while the transport's own buffer
   * is full.
   *
   * <p>Fails at once, without the callback, with an {@link
   * io.millrace.cdc.error.UnpublishableException} where this event can never be sent (too large);
   * nothing else is concerned then, and others may be sent after it. Every other {@link
   * io.millrace.cdc.error.TransportException} that is not retryable is about the channel as a
   * whole.
   */
  void publish(String routingKey, Encoded event, PublishCallback callback)
      throws InterruptedException;

  /**
   * Routing keys that between them reach every partition of the channel, one each; what is sent
   * under them shows that the whole channel works. Called by the thread that publishes, after a
   * preflight.
   *
   * @param prefix what each of them begins with
   * @return by default the prefix alone, which is right for channels of one partition
   */
  default List<String> keysOfAllPartitions(String prefix) {
    return List.of(prefix);
  }

  /**
   * Stops within about the timeout; callbacks of what was not acknowledged may never come;
   * idempotent.
   */
  void close(Duration timeout);

  /** Stops within 10 seconds. */
  @Override
  default void close() {
    close(Duration.ofSeconds(10));
  }
}
