package io.millrace.cdc.pipeline;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A transport that cannot carry some numbers, and says so at once or, as a broker would, when it is
 * too late for those that were published after it: these fail too, until the next preflight.
 */
final class PickyPublisher implements Publisher {
  private final List<Integer> published = new ArrayList<>();
  private IntPredicate tooLarge;
  private boolean late;
  private boolean broken;
  private int refused;

  PickyPublisher(IntPredicate tooLarge) {
    this.tooLarge = tooLarge;
  }

  synchronized PickyPublisher late() {
    late = true;
    return this;
  }

  synchronized void refuse(IntPredicate numbers) {
    tooLarge = numbers;
  }

  synchronized int refused() {
    return refused;
  }

  synchronized List<Integer> published() {
    return List.copyOf(published);
  }

  @Override
  public String describe() {
    return "picky publisher";
  }

  @Override
  public synchronized List<Finding> preflight() {
    broken = false;
    return List.of();
  }

  @Override
  public synchronized void publish(String routingKey, Encoded event, PublishCallback callback) {
    int number = PipelineTest.number(event);
    boolean large = tooLarge.test(number);
    refused += large && !broken ? 1 : 0;
    if (large && !late) {
      throw new UnpublishableException(number + " is too large. Make it smaller.");
    }
    if (broken) {
      callback.failed(new TransportException("an earlier one failed", null, true));
    } else if (large) {
      broken = true;
      callback.failed(new UnpublishableException(number + " is too large. Make it smaller."));
    } else {
      published.add(number);
      callback.acknowledged();
    }
  }

  @Override
  public void close(Duration timeout) {
    // Holds nothing.
  }
}
