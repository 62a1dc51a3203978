package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;
import io.millrace.cdc.transport.inprocess.InProcessTransport;

class InProcessTransportTest extends TransportContract {
  private static final int MAX_EVENT_BYTES = 100_000;

  @Override
  protected TransportHarness newHarness(int partitions) {
    InProcessTransport transport =
        InProcessTransport.builder()
            .name("shop")
            .partitions(partitions)
            .maxEventBytes(MAX_EVENT_BYTES)
            .build();
    return new TransportHarness() {
      @Override
      public Publisher publisher() {
        return transport.publisher();
      }

      @Override
      public Subscriber subscriber(String group) {
        return transport.subscriber(group);
      }

      @Override
      public int maxEventBytes() {
        return MAX_EVENT_BYTES;
      }

      @Override
      public void forgetBefore(int partition, long offset) {
        transport.forgetBefore(partition, offset);
      }

      @Override
      public void close() {
        // Nothing outlives the test.
      }
    };
  }
}
