package io.millrace.benchmarks.millrace;

import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * An applier that finds a round's events, encoded, in the in-process transport and brings them into
 * the target. Every round brings a newer state of the same rows. The first batch, with which the
 * clock begins, does not count.
 */
final class ApplierFeed implements Contender {
  private static final int PATIENCE_SECONDS = 150;
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private final Job job;
  private final InProcessTransport transport;
  private final Target target; // and its pool, of all rounds

  ApplierFeed(Job job) throws SQLException {
    this.job = job;
    this.target = Targets.of(job.to(), job.table());
    this.transport =
        InProcessTransport.builder().name("feed").capacity(2 * job.events() + job.batch()).build();
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    publish(number);
    CountDownLatch done = new CountDownLatch(1);
    try (Applier applier =
        Applier.builder("feed")
            .service("monolith")
            .from(transport.subscriber("feed"))
            .to(target)
            .batchSize(job.batch())
            .listener(new Counting(job.events(), meter, done))
            .build()) {
      applier.start();
      if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not at the end: " + applier.status());
      }
    }
  }

  private void publish(int number) throws InterruptedException {
    ProtobufCodec codec = ProtobufCodec.instance();
    try (Publisher publisher = transport.publisher()) {
      for (int i = 0; i < job.events(); i++) {
        ChangeEvent event = event(i, (long) number * job.events() + i);
        publisher.publish(event.routingKey(), codec.encode(event), new MustArrive());
      }
    }
  }

  private ChangeEvent event(long id, long version) {
    Row state =
        Row.builder()
            .put("id", Value.of(id))
            .put("customer", Value.of(version % 1000))
            .put("total", Value.of(new BigDecimal("12.34")))
            .put("note", Value.of("a note of some length for order " + version))
            .build();
    return ChangeEvent.builder()
        .type(ChangeType.UPDATED)
        .entity("order")
        .key(Row.of("id", Value.of(id)))
        .newValue(state)
        .changedFields(state.names().asList())
        .source("billing")
        .changedAt(AT)
        .log("billing-00000001")
        .version(Version.of(1, ByteBuffer.allocate(Long.BYTES).putLong(version + 1).array()))
        .transactionId("t" + version / job.batch())
        .build();
  }

  private static final class MustArrive implements PublishCallback {
    @Override
    public void acknowledged() {}

    @Override
    public void failed(TransportException error) {
      throw error;
    }
  }

  private static final class Counting implements ApplierListener {
    private final int events;
    private final Meter meter;
    private final CountDownLatch done;
    private int applied;
    private int uncounted;

    Counting(int events, Meter meter, CountDownLatch done) {
      this.events = events;
      this.meter = meter;
      this.done = done;
    }

    @Override
    public void applied(List<ChangeEvent> batch) {
      applied += batch.size();
      if (uncounted == 0) {
        uncounted = batch.size();
        meter.begin();
      }
      if (applied == events) {
        meter.end(Math.max(1, events - uncounted));
        done.countDown();
      }
    }
  }
}
