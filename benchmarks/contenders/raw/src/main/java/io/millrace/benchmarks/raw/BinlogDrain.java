package io.millrace.benchmarks.raw;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.RotateEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.ByteArrayEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import io.millrace.benchmarks.protocol.Contender;
import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Meter;
import io.millrace.benchmarks.protocol.Style;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The binlog connector, told to leave every event as bytes, or left as it comes, so that it makes
 * an array of objects of every row; its listener does nothing with either. Reads from the oldest
 * log up to the one that the harness began after loading.
 */
final class BinlogDrain implements Contender {
  private static final int SERVER_ID = 77_777;

  private final Job job;

  BinlogDrain(Job job) {
    this.job = job;
  }

  @Override
  public void round(int number, Meter meter) throws IOException, SQLException {
    String last;
    String first;
    try (Connection connection =
            DriverManager.getConnection(
                job.from().url(), job.from().user(), job.from().password());
        Statement statement = connection.createStatement();
        ResultSet logs = statement.executeQuery("show binary logs")) {
      logs.next();
      first = logs.getString(1);
      last = first;
      while (logs.next()) {
        last = logs.getString(1);
      }
    }
    BinaryLogClient client =
        new BinaryLogClient(
            job.from().host(), job.from().port(), job.from().user(), job.from().password());
    client.setSSLMode(SSLMode.DISABLED);
    client.setServerId(SERVER_ID);
    client.setBinlogFilename(first);
    client.setBinlogPosition(4);
    if (job.style() == Style.LEAN) {
      client.setEventDeserializer(bytesOnly());
    }
    String end = last;
    client.registerEventListener(
        event -> {
          EventType type = event.getHeader().getEventType();
          if (EventType.isRowMutation(type)) {
            meter.begin();
          } else if (type == EventType.ROTATE && isRotationTo(event, end)) {
            meter.end(job.events());
            disconnect(client);
          }
        });
    client.connect();
  }

  private static EventDeserializer bytesOnly() {
    EventDeserializer deserializer = new EventDeserializer();
    for (EventType type : EventType.values()) {
      if (type != EventType.ROTATE && type != EventType.FORMAT_DESCRIPTION) {
        deserializer.setEventDataDeserializer(type, new ByteArrayEventDataDeserializer());
      }
    }
    return deserializer;
  }

  private static boolean isRotationTo(Event event, String file) {
    RotateEventData rotation = event.getData();
    return rotation.getBinlogFilename().equals(file);
  }

  private static void disconnect(BinaryLogClient client) {
    try {
      client.disconnect();
    } catch (IOException e) {
      throw new IllegalStateException("cannot leave the binary log", e);
    }
  }
}
