package io.millrace.benchmarks.raw;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Kafka's own producer with its defaults: idempotent, all acknowledgements, five requests in
 * flight.
 */
final class BareProducer implements Contender {
  private static final int BYTES = 300;
  private static final int KEYS = 1000;
  private static final int PATIENCE_SECONDS = 150;

  private final Job job;

  BareProducer(Job job) {
    this.job = job;
  }

  @Override
  public void round(int number, Meter meter) throws InterruptedException {
    Properties settings = new Properties();
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, job.broker());
    byte[] body = new byte[BYTES];
    CountDownLatch missing = new CountDownLatch(job.events());
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      producer.partitionsFor(job.table());
      Future<RecordMetadata> last = CompletableFuture.completedFuture(null);
      meter.begin();
      for (int i = 0; i < job.events(); i++) {
        last =
            producer.send(
                new ProducerRecord<>(job.table(), "order/" + i % KEYS, body),
                (metadata, error) -> {
                  if (error == null) {
                    missing.countDown();
                  }
                });
      }
      if (!missing.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            missing.getCount() + " records were not acknowledged, the last: " + last);
      }
      meter.end(job.events());
    }
  }
}
