package io.millrace.cdc.transport.inprocess;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import io.millrace.cdc.internal.KeySpread;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Appends to the channel and acknowledges at once. */
final class InProcessPublisher implements Publisher {
  private final InProcessChannel channel;
  private boolean closed; // guarded by the channel's lock

  InProcessPublisher(InProcessChannel channel) {
    this.channel = channel;
  }

  @Override
  public String describe() {
    return channel.describe();
  }

  @Override
  public List<Finding> preflight() {
    return List.of();
  }

  @Override
  public void publish(String routingKey, Encoded event, PublishCallback callback)
      throws InterruptedException {
    if (event.size() > channel.maxEventBytes()) {
      throw new UnpublishableException(
          String.format(
              Locale.ROOT,
              "An event of %s bytes is larger than %s takes (%s bytes). Make the event smaller or raise maxEventBytes.",
              event.size(),
              channel.describe(),
              channel.maxEventBytes()));
    }
    channel.lock.lockInterruptibly();
    try {
      while (!closed && !channel.hasRoom()) {
        channel.writable.await();
      }
      if (closed) {
        throw new TransportException(
            "The publisher to " + channel.describe() + " is closed; open a new one.");
      }
      channel.append(routingKey, event);
    } finally {
      channel.lock.unlock();
    }
    callback.acknowledged();
  }

  @Override
  public List<String> keysOfAllPartitions(String prefix) {
    return KeySpread.over(channel.identity().partitions(), prefix, channel::partitionOf);
  }

  @Override
  public void close(Duration timeout) {
    channel.lock.lock();
    try {
      closed = true;
      channel.writable.signalAll();
    } finally {
      channel.lock.unlock();
    }
  }
}
