package io.millrace.cdc.transport.inprocess;

import io.millrace.cdc.internal.Check;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;

/**
 * One channel in memory, with partitions, groups and retained deliveries.
 *
 * <p>It does not survive the process: what was acknowledged and not yet applied when the process
 * ends is lost, although the pipeline's position is past it. Use it in tests, or where the source's
 * position store is in memory too.
 *
 * <p>Deliveries are retained up to the capacity. When it is reached, the oldest ones which every
 * group has committed are forgotten; where there are none, {@link Publisher#publish} waits. A group
 * counts from the moment its {@link #subscriber} is made, so make the subscribers first where
 * nothing may be forgotten before they read it. Safe for use by several threads.
 */
public final class InProcessTransport {
  private final InProcessChannel channel;

  private InProcessTransport(Builder builder) {
    this.channel =
        new InProcessChannel(
            builder.name, builder.partitions, builder.capacity, builder.maxEventBytes);
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A new publisher to the channel; closing it leaves the channel as it is. */
  public Publisher publisher() {
    return new InProcessPublisher(channel);
  }

  /**
   * A subscriber of the group; its subscriptions share the partitions among them.
   *
   * @param group name of the group; groups read independently of each other
   */
  public Subscriber subscriber(String group) {
    Check.notBlank(group, "group");
    return new InProcessSubscriber(channel, channel.group(group));
  }

  /**
   * Forgets everything in a partition before an offset, whoever still wants it: what a broker's
   * retention does, for tests.
   */
  public void forgetBefore(int partition, long offset) {
    channel.forgetBefore(partition, offset);
  }

  /** Collects the channel's settings. Not safe for use by several threads. */
  public static final class Builder {
    private String name = "events";
    private int partitions = 8;
    private int capacity = 100_000;
    private int maxEventBytes = Integer.MAX_VALUE;

    private Builder() {}

    /** Name of the channel; default {@code events}. */
    public Builder name(String name) {
      this.name = Check.notBlank(name, "name");
      return this;
    }

    /** Number of partitions, at least 1; default 8. */
    public Builder partitions(int partitions) {
      Check.argument(partitions >= 1, "partitions must be at least 1, got %s", partitions);
      this.partitions = partitions;
      return this;
    }

    /** How many deliveries all partitions retain together, at least 1; default 100,000. */
    public Builder capacity(int deliveries) {
      Check.argument(deliveries >= 1, "capacity must be at least 1, got %s", deliveries);
      this.capacity = deliveries;
      return this;
    }

    /** Largest event in bytes, body and headers; larger ones are refused; default unlimited. */
    public Builder maxEventBytes(int bytes) {
      Check.argument(bytes >= 1, "maxEventBytes must be at least 1, got %s", bytes);
      this.maxEventBytes = bytes;
      return this;
    }

    /** A new, empty channel. */
    public InProcessTransport build() {
      return new InProcessTransport(this);
    }
  }
}
