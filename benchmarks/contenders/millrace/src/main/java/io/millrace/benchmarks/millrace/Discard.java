package io.millrace.benchmarks.millrace;

import io.millrace.benchmarks.protocol.Meter;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Acknowledges at once and counts; the pipeline's own heartbeats do not count. */
final class Discard implements Publisher {
  private static final String HEARTBEAT = "heartbeat";

  private final int events;
  private final Meter meter;
  private final CountDownLatch done;
  private int seen;

  Discard(int events, Meter meter, CountDownLatch done) {
    this.events = events;
    this.meter = meter;
    this.done = done;
  }

  @Override
  public String describe() {
    return "nobody";
  }

  @Override
  public List<Finding> preflight() {
    return List.of();
  }

  @Override
  public void publish(String routingKey, Encoded event, PublishCallback callback) {
    callback.acknowledged();
    if (routingKey.contains(HEARTBEAT)) {
      return;
    }
    meter.begin();
    seen++;
    if (seen == events) {
      meter.end(events);
      done.countDown();
    }
  }

  @Override
  public void close(Duration timeout) {}
}
