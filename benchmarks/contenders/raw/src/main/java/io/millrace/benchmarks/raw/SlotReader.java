package io.millrace.benchmarks.raw;

import io.millrace.benchmarks.protocol.Job;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.PGReplicationStream;

/** Reads a logical replication slot on a thread of its own and throws away what comes. */
final class SlotReader implements AutoCloseable {
  private static final String SLOT = "writes_" + ProcessHandle.current().pid();
  private static final int STATUS_SECONDS = 1;

  private final Connection connection;
  private final PGReplicationStream stream;

  private SlotReader(Connection connection, PGReplicationStream stream) {
    this.connection = connection;
    this.stream = stream;
  }

  /** Makes publication and slot, and begins to read. */
  static SlotReader start(Job job) throws SQLException {
    try (Connection plain =
        DriverManager.getConnection(job.from().url(), job.from().user(), job.from().password())) {
      plain.createStatement().execute("create publication benchmark for table " + job.table());
    }
    Properties properties = new Properties();
    PGProperty.USER.set(properties, job.from().user());
    PGProperty.PASSWORD.set(properties, job.from().password());
    PGProperty.REPLICATION.set(properties, "database");
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "10");
    Connection connection = DriverManager.getConnection(job.from().url(), properties);
    PGConnection postgres = connection.unwrap(PGConnection.class);
    postgres
        .getReplicationAPI()
        .createReplicationSlot()
        .logical()
        .withSlotName(SLOT)
        .withOutputPlugin("pgoutput")
        .withTemporaryOption()
        .make();
    PGReplicationStream stream =
        postgres
            .getReplicationAPI()
            .replicationStream()
            .logical()
            .withSlotName(SLOT)
            .withSlotOption("proto_version", 1)
            .withSlotOption("publication_names", "benchmark")
            .withStatusInterval(STATUS_SECONDS, TimeUnit.SECONDS)
            .start();
    SlotReader reader = new SlotReader(connection, stream);
    Thread thread = new Thread(reader::read, "benchmark-slot");
    thread.setDaemon(true);
    thread.start();
    return reader;
  }

  private void read() {
    try {
      while (!stream.isClosed()) {
        stream.read();
        stream.setFlushedLSN(stream.getLastReceiveLSN());
      }
    } catch (SQLException e) {
      if (!stream.isClosed()) {
        throw new IllegalStateException("the slot cannot be read", e);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    stream.close();
    connection.close();
  }
}
