package io.millrace.examples;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Random;

/**
 * Lags, and now and then sends again what it sent last, as a publisher does after a crash. Used by
 * one thread.
 */
final class RepeatingPublisher implements Publisher {
  private static final int REMEMBERED = 4;

  private final Publisher publisher;
  private final Random random;
  private final ArrayDeque<Sent> sent = new ArrayDeque<>();

  RepeatingPublisher(Publisher publisher, Random random) {
    this.publisher = publisher;
    this.random = random;
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
  public void publish(String routingKey, Encoded event, PublishCallback callback)
      throws InterruptedException {
    if (random.nextInt(10) == 0) {
      for (Sent again : sent) {
        publisher.publish(again.routingKey, again.event, new Ignored());
      }
    }
    if (random.nextInt(3) == 0) {
      Thread.sleep(random.nextInt(10));
    }
    publisher.publish(routingKey, event, callback);
    sent.addLast(new Sent(routingKey, event));
    if (sent.size() > REMEMBERED) {
      sent.removeFirst();
    }
  }

  @Override
  public void close(Duration timeout) {
    publisher.close(timeout);
  }

  private record Sent(String routingKey, Encoded event) {}

  private static final class Ignored implements PublishCallback {
    @Override
    public void acknowledged() {}

    @Override
    public void failed(TransportException error) {}
  }
}
