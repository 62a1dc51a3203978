package io.millrace.examples;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends the two events of a key change in the other order, and a while apart. Used by one thread.
 */
final class SwappingPublisher implements Publisher {
  private static final long APART_MILLIS = 40;

  private final Publisher publisher;
  private @Nullable Delayed delayed;

  SwappingPublisher(Publisher publisher) {
    this.publisher = publisher;
  }

  @Override
  public String describe() {
    return publisher.describe();
  }

  @Override
  public List<Finding> preflight() {
    return publisher.preflight();
  }

  @Override
  public List<String> keysOfAllPartitions(String key) {
    return publisher.keysOfAllPartitions(key);
  }

  @Override
  public void publish(String routingKey, Encoded event, PublishCallback callback)
      throws InterruptedException {
    Delayed before = delayed;
    delayed = null;
    ChangeEvent decoded = ProtobufCodec.instance().decode(event);
    if (decoded.type() == ChangeType.DELETED && decoded.previousKey() != null) {
      delayed = new Delayed(routingKey, event, callback);
    } else {
      publisher.publish(routingKey, event, callback);
    }
    if (before != null) {
      Thread.sleep(APART_MILLIS);
      publisher.publish(before.routingKey, before.event, before.callback);
    }
  }

  @Override
  public void close(Duration timeout) {
    publisher.close(timeout);
  }

  private record Delayed(String routingKey, Encoded event, PublishCallback callback) {}
}
