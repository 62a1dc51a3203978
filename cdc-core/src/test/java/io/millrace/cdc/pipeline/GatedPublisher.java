package io.millrace.cdc.pipeline;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A transport that acknowledges when, and in the order, the test says. */
final class GatedPublisher implements Publisher {
  private final List<Integer> published = new ArrayList<>();
  private final List<PublishCallback> pending = new ArrayList<>();
  private boolean open;
  private boolean closed;
  private Runnable onPublish = () -> {};
  private int failNext;
  private List<Finding> findings = List.of();

  /** Acknowledges everything at once from now on. */
  synchronized void open() {
    open = true;
    acknowledge(pending.size(), new Random(1));
  }

  /** Acknowledges so many, in a random order. */
  synchronized void acknowledge(int count, Random random) {
    for (int i = 0; i < count && !pending.isEmpty(); i++) {
      pending.remove(random.nextInt(pending.size())).acknowledged();
    }
  }

  synchronized void failNext(int events) {
    failNext = events;
  }

  synchronized void refuse(Finding... refused) {
    findings = List.of(refused);
  }

  synchronized void onPublish(Runnable action) {
    onPublish = action;
  }

  synchronized int pending() {
    return pending.size();
  }

  synchronized List<Integer> published() {
    return List.copyOf(published);
  }

  synchronized boolean closed() {
    return closed;
  }

  @Override
  public String describe() {
    return "gated publisher";
  }

  @Override
  public synchronized List<Finding> preflight() {
    return findings;
  }

  @Override
  public synchronized void publish(String routingKey, Encoded event, PublishCallback callback) {
    onPublish.run();
    published.add(PipelineTest.number(event));
    if (failNext > 0) {
      failNext--;
      callback.failed(new TransportException("the broker is away", null, true));
    } else if (open) {
      callback.acknowledged();
    } else {
      pending.add(callback);
    }
  }

  @Override
  public synchronized void close(Duration timeout) {
    closed = true;
  }
}
