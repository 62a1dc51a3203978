package io.millrace.benchmarks.raw;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.WriteRowsEventData;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import io.millrace.benchmarks.protocol.Arrivals;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import java.io.Serializable;
import java.util.concurrent.TimeUnit;

/** The binlog connector with its own decoding, which notes the ids of inserted rows. */
final class BinlogLatency implements Contender {
  private static final int PATIENCE_SECONDS = 120;
  private static final int SERVER_ID = 77_778;

  private final Job job;

  BinlogLatency(Job job) {
    this.job = job;
  }

  @Override
  public void round(int number, Meter meter) throws Exception {
    Arrivals arrivals = new Arrivals(job, number);
    BinaryLogClient client =
        new BinaryLogClient(
            job.from().host(), job.from().port(), job.from().user(), job.from().password());
    client.setSSLMode(SSLMode.DISABLED);
    client.setServerId(SERVER_ID);
    client.registerEventListener(
        event -> {
          if (event.getData() instanceof WriteRowsEventData rows) {
            for (Serializable[] row : rows.getRows()) {
              if (row[0] instanceof Long id) {
                arrivals.arrived(id);
              }
            }
          }
        });
    client.connect(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    meter.listening();
    meter.begin();
    arrivals.await(PATIENCE_SECONDS, number);
    meter.end(job.events());
    client.disconnect();
  }
}
