package io.millrace.cdc.mysql;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.deserialization.ByteArrayEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import com.mysql.cj.jdbc.MysqlDataSource;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.mariadb.jdbc.MariaDbDataSource;

/** One of those that {@link ReadSpeed} compares, in a JVM of its own. */
final class ReadContender {
  private static final Logger CONNECTOR = Logger.getLogger(BinaryLogClient.class.getName());
  private static final int COMMITS_PER_SECOND = 500;

  private final String host;
  private final int port;
  private final String database;
  private final int rows;
  private final String jdbcUrl;

  private ReadContender(String[] arguments) {
    host = arguments[1];
    port = Integer.parseInt(arguments[2]);
    database = arguments[3];
    rows = Integer.parseInt(arguments[4]);
    jdbcUrl = arguments[5];
  }

  public static void main(String[] arguments) throws Exception {
    CONNECTOR.setLevel(Level.WARNING);
    ReadContender contender = new ReadContender(arguments);
    int passes = Integer.parseInt(arguments[6]);
    for (int pass = 1; pass <= passes; pass++) {
      switch (arguments[0]) {
        case "raw" -> contender.raw(pass);
        case "ours" -> contender.ours(pass);
        default -> contender.latency();
      }
    }
    System.exit(0);
  }

  static MySqlSource capture(String database, MySqlSource.Builder builder) {
    return builder.capture(database + ".orders").capture(database + ".big").build();
  }

  private void raw(int pass) throws Exception {
    BinaryLogClient client = new BinaryLogClient(host, port, "root", "");
    client.setSSLMode(SSLMode.DISABLED);
    client.setServerId(77_777);
    client.setKeepAlive(false);
    client.setBinlogFilename(firstFile());
    client.setBinlogPosition(4);
    EventDeserializer deserializer = new EventDeserializer();
    for (EventType type : EventType.values()) {
      if (type != EventType.ROTATE && type != EventType.FORMAT_DESCRIPTION) {
        deserializer.setEventDataDeserializer(type, new ByteArrayEventDataDeserializer());
      }
    }
    client.setEventDeserializer(deserializer);
    Cost cost = new Cost();
    int[] rotations = {0};
    client.registerEventListener(
        event -> {
          if (event.getHeader().getEventType() == EventType.ROTATE && ++rotations[0] == 2) {
            cost.print("connector", pass, rows);
            new Thread(() -> disconnect(client)).start();
          }
        });
    client.connect();
  }

  private static void disconnect(BinaryLogClient client) {
    try {
      client.disconnect();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private String firstFile() throws SQLException {
    try (Connection connection = dataSource(jdbcUrl).getConnection();
        var statement = connection.createStatement();
        var files = statement.executeQuery("show binary logs")) {
      files.next();
      return files.getString(1);
    }
  }

  private MySqlSource source() throws SQLException {
    return capture(
        database,
        MySqlSource.builder(dataSource(jdbcUrl))
            .host(host)
            .port(port)
            .user("root")
            .password(Secret.of(""))
            .service("shop"));
  }

  private void ours(int pass) throws Exception {
    ReaderStart start = new ReaderStart("speed" + pass, Optional.empty(), 0, FirstStart.OLDEST);
    MySqlSource source = source();
    Cost cost = new Cost();
    try (SourceReader reader = source.open(start)) {
      long read = 0;
      while (read < rows) {
        SourceBatch batch = reader.poll(1000, Duration.ofSeconds(1));
        read += batch.events().size();
      }
      cost.print("millrace", pass, rows);
    }
  }

  /** Times from before a statement that commits by itself to its event. */
  private void latency() throws Exception {
    long[] begun = new long[rows];
    long[] committed = new long[rows];
    long[] seen = new long[rows];
    ReaderStart start = new ReaderStart("speed", Optional.empty(), 0, FirstStart.NOW);
    try (SourceReader reader = source().open(start)) {
      Thread writer = new Thread(() -> write(begun, committed), "writer");
      writer.start();
      int read = 0;
      while (read < rows) {
        SourceBatch batch = reader.poll(1000, Duration.ofSeconds(1));
        long now = System.nanoTime();
        for (ChangeEvent event : batch.events()) {
          Value id = Objects.requireNonNull(event.key().get("id"));
          seen[(int) ((Value.Int64Value) id).value()] = now;
          read++;
        }
      }
      writer.join();
    }
    int warm = rows / 2;
    print("statement to event", seen, begun, warm);
    print("commit's answer to event", seen, committed, warm);
    print("statement to commit's answer", committed, begun, warm);
  }

  private void write(long[] begun, long[] committed) {
    try (Connection connection = dataSource(jdbcUrl).getConnection();
        PreparedStatement insert =
            connection.prepareStatement(
                "insert into orders values (?, 1, 'open', 12.34, 'a note', now(3), now(6), 1)")) {
      long next = System.nanoTime();
      for (int i = 0; i < rows; i++) {
        while (System.nanoTime() < next) {
          Thread.sleep(0, 100_000);
        }
        insert.setInt(1, i);
        begun[i] = System.nanoTime();
        insert.executeUpdate();
        committed[i] = System.nanoTime();
        next += 1_000_000_000L / COMMITS_PER_SECOND;
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void print(String what, long[] to, long[] from, int first) {
    long[] nanos = new long[to.length - first];
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] = to[i + first] - from[i + first];
    }
    Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT,
        "%-28s median %.3f ms, p99 %.3f ms, p99.9 %.3f ms%n",
        what,
        nanos[nanos.length / 2] / 1e6,
        nanos[nanos.length * 99 / 100] / 1e6,
        nanos[nanos.length * 999 / 1000] / 1e6);
  }

  /** Time, CPU of the whole JVM, and bytes allocated by threads that still live, since here. */
  private static final class Cost {
    private final com.sun.management.OperatingSystemMXBean system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final long begun = System.nanoTime();
    private final long cpu = system.getProcessCpuTime();
    private final long allocated = allocated();

    void print(String what, int pass, int rows) {
      double seconds = (System.nanoTime() - begun) / 1e9;
      double cpuSeconds = (system.getProcessCpuTime() - cpu) / 1e9;
      System.out.printf(
          Locale.ROOT,
          "%-10s pass %d: %,d rows in %.2f s, %,.0f rows/s, %.2f s of CPU per million rows, %,d bytes"
              + " allocated per row%n",
          what,
          pass,
          rows,
          seconds,
          rows / seconds,
          cpuSeconds * 1e6 / rows,
          (allocated() - allocated) / rows);
      System.out.flush();
    }

    private long allocated() {
      long sum = 0;
      for (long id : threads.getAllThreadIds()) {
        sum += Math.max(0, threads.getThreadAllocatedBytes(id));
      }
      return sum;
    }
  }

  private static DataSource dataSource(String url) throws SQLException {
    if (url.startsWith("jdbc:mariadb:")) {
      MariaDbDataSource mariaDb = new MariaDbDataSource(url);
      mariaDb.setUser("root");
      return mariaDb;
    }
    MysqlDataSource mySql = new MysqlDataSource();
    mySql.setUrl(url);
    mySql.setUser("root");
    return mySql;
  }
}
