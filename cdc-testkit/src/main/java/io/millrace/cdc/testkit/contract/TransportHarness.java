package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;

/** What {@link TransportContract} needs to know about one transport: one new, empty channel. */
public interface TransportHarness extends AutoCloseable {

  /** A new publisher to the channel; the contract closes it. */
  Publisher publisher();

  /** A subscriber of a group of that name, which no other channel has. */
  Subscriber subscriber(String group);

  /** An event with a larger body is refused; at most 1,000,000. */
  int maxEventBytes();

  /** Forgets everything in a partition before an offset. */
  void forgetBefore(int partition, long offset) throws Exception;

  /** Frees what the harness holds. */
  @Override
  void close() throws Exception;
}
