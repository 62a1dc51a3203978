package io.millrace.cdc.transport.inprocess;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Subscriber;
import io.millrace.cdc.transport.Subscription;
import java.util.List;

/** Opens members of one group. */
final class InProcessSubscriber implements Subscriber {
  private final InProcessChannel channel;
  private final Group group;

  InProcessSubscriber(InProcessChannel channel, Group group) {
    this.channel = channel;
    this.group = group;
  }

  @Override
  public String describe() {
    return channel.describe() + ", group '" + group.name() + "'";
  }

  @Override
  public List<Finding> preflight() {
    return List.of();
  }

  @Override
  public Subscription open(AssignmentListener listener) {
    return new InProcessSubscription(channel, group, listener);
  }
}
