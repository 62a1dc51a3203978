package io.millrace.cdc.kafka;

import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.TransportContract;
import io.millrace.cdc.testkit.contract.TransportHarness;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;

@NeedsServer(ServerKind.KAFKA)
class KafkaTransportTest extends TransportContract {
  private static final int MAX_EVENT_BYTES = 200_000;

  @Override
  protected TransportHarness newHarness(int partitions) {
    KafkaServer server = KafkaServer.shared();
    String topic = server.uniqueName("contract");
    server.createTopic(topic, partitions);
    KafkaTransport transport =
        KafkaTransport.builder()
            .bootstrapServers(server.bootstrapServers())
            .topic(topic)
            .singleBroker()
            .maxEventBytes(MAX_EVENT_BYTES)
            .build();
    return new TransportHarness() {
      @Override
      public Publisher publisher() {
        return transport.publisher();
      }

      @Override
      public Subscriber subscriber(String group) {
        return transport.subscriber(topic + "-" + group);
      }

      @Override
      public int maxEventBytes() {
        return MAX_EVENT_BYTES;
      }

      @Override
      public void forgetBefore(int partition, long offset) throws Exception {
        try (Admin admin = server.admin()) {
          admin
              .deleteRecords(
                  Map.of(
                      new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(offset)))
              .all()
              .get();
        }
      }

      @Override
      public void close() {
        // The topic has a name of its own and goes with the server.
      }
    };
  }
}
