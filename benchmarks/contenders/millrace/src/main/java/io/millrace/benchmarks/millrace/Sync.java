package io.millrace.benchmarks.millrace;

import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole way: PostgreSQL's change log, a pipeline, a transport, an applier, another database. A
 * row has arrived when the applier's transaction is committed. Kafka in the whole style, within the
 * process in the lean one.
 */
final class Sync implements Contender {
  private static final int PATIENCE_SECONDS = 150;
  private static final int CAPACITY = 100_000;
  private static final List<String> FIELDS = List.of("id", "customer");

  private final Job job;
  private final Target target; // and its pool, of all rounds
  private @Nullable PostgresSource source;

  Sync(Job job) throws SQLException {
    this.job = job;
    this.target = Targets.of(job.to(), job.table(), FIELDS);
  }

  @Override
  public void prepare() throws Exception {
    PostgresSource made =
        PostgresSource.builder(Sources.dataSource(job.from()))
            .service("shop")
            .capture("public." + job.table(), t -> t.entity("order"))
            .build();
    made.changeLog().install();
    source = made;
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    if (source == null) {
      throw new IllegalStateException("not prepared");
    }
    Arrivals arrivals = new Arrivals(job, number);
    String name = "sync" + number;
    Publisher publisher;
    Subscriber subscriber;
    if (job.style() == Style.WHOLE) {
      KafkaTransport kafka =
          KafkaTransport.builder()
              .bootstrapServers(job.broker())
              .topic(name)
              .createTopic(1, 1)
              .singleBroker()
              .build();
      publisher = kafka.publisher();
      subscriber = kafka.subscriber(name);
    } else {
      InProcessTransport transport =
          InProcessTransport.builder().name(name).capacity(CAPACITY).build();
      publisher = transport.publisher();
      subscriber = transport.subscriber(name);
    }
    try (Pipeline pipeline =
            Pipeline.builder(name)
                .from(source)
                .to(publisher)
                .positions(FilePositions.in(job.directory().resolve(name)))
                .firstStart(FirstStart.NOW)
                .build();
        Applier applier =
            Applier.builder(name)
                .service("monolith")
                .from(subscriber)
                .to(target)
                .listener(
                    new ApplierListener() {
                      @Override
                      public void applied(List<ChangeEvent> events) {
                        events.forEach(event -> arrivals.arrived(Long.parseLong(event.id())));
                      }
                    })
                .build()) {
      pipeline.start();
      Waiting.untilRunning(pipeline);
      applier.start();
      Waiting.untilRunning(applier);
      arrivals.knock();
      meter.listening();
      meter.begin();
      arrivals.await(PATIENCE_SECONDS, number);
      meter.end(job.events());
    }
  }
}
