package io.millrace.benchmarks.millrace;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Sends events that are encoded already. */
final class KafkaPublish implements Contender {
  private static final int BYTES = 300;
  private static final int KEYS = 1000;
  private static final int PATIENCE_SECONDS = 150;

  private final Job job;

  KafkaPublish(Job job) {
    this.job = job;
  }

  @Override
  public void round(int number, Meter meter) throws InterruptedException {
    KafkaTransport kafka =
        KafkaTransport.builder()
            .bootstrapServers(job.broker())
            .topic(job.table())
            .singleBroker()
            .build();
    Encoded event = new Encoded(new byte[BYTES], Map.of());
    CountDownLatch missing = new CountDownLatch(job.events());
    try (Publisher publisher = kafka.publisher()) {
      publisher.preflight();
      PublishCallback callback =
          new PublishCallback() {
            @Override
            public void acknowledged() {
              missing.countDown();
            }

            @Override
            public void failed(TransportException error) {
              throw error;
            }
          };
      meter.begin();
      for (int i = 0; i < job.events(); i++) {
        publisher.publish("order/" + i % KEYS, event, callback);
      }
      if (!missing.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(missing.getCount() + " events were not acknowledged");
      }
      meter.end(job.events());
    }
  }
}
