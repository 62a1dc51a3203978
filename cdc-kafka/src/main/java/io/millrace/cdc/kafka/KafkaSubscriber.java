package io.millrace.cdc.kafka;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Subscriber;
import io.millrace.cdc.transport.Subscription;
import java.util.List;

/** Opens members of one consumer group. */
final class KafkaSubscriber implements Subscriber {
  private final KafkaSettings settings;
  private final String group;

  KafkaSubscriber(KafkaSettings settings, String group) {
    this.settings = settings;
    this.group = group;
  }

  @Override
  public String describe() {
    return settings.describe() + ", group '" + group + "'";
  }

  @Override
  public List<Finding> preflight() {
    TopicCheck check = new TopicCheck(settings);
    return check.findings(check.facts());
  }

  @Override
  public Subscription open(AssignmentListener listener) {
    return new KafkaSubscription(settings, group, listener);
  }
}
