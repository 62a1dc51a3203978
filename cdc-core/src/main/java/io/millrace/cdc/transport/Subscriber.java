package io.millrace.cdc.transport;

import io.millrace.cdc.error.Finding;
import java.util.List;

/**
 * The receiving side of a transport. Immutable configuration; nothing is connected until {@link
 * #open} or {@link #preflight}.
 */
public interface Subscriber {
  /** Where events come from, for messages; no secrets. */
  String describe();

  /**
   * Connects and names every setting that would lose or reorder events. Fails with a retryable
   * TransportException where away.
   */
  List<Finding> preflight();

  /** Joins the subscriber's group. The listener is called on the thread that polls. */
  Subscription open(AssignmentListener listener);
}
