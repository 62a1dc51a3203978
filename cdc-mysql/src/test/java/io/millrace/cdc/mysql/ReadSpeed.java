package io.millrace.cdc.mysql;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.deserialization.ByteArrayEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import com.mysql.cj.jdbc.MysqlDataSource;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.sql.DataSource;
import org.mariadb.jdbc.MariaDbDataSource;

/**
 * Run by hand: how fast a binary log becomes events, beside the connector alone.
 *
 * <p>{@code ReadSpeed [MYSQL|MARIADB] [rows] [rounds]} loads a server of its own and prints, for
 * each round, rows per second of the connector with byte arrays and an idle listener, and of the
 * reader with events that nobody takes, each in a JVM of its own. {@code ReadSpeed size
 * [MYSQL|MARIADB]}: one transaction of 1,000,000 rows and one row of 60 MB with 256 MB of heap.
 */
final class ReadSpeed {
  private static final int PER_STATEMENT = 1000;

  private ReadSpeed() {}

  public static void main(String[] arguments) throws Exception {
    switch (arguments.length == 0 ? "" : arguments[0]) {
      case "raw" -> raw(arguments);
      case "ours" -> ours(arguments);
      case "size" -> size(TestFlavour.valueOf(arguments.length > 1 ? arguments[1] : "MYSQL"));
      default -> {
        TestFlavour flavour = TestFlavour.valueOf(arguments.length > 0 ? arguments[0] : "MYSQL");
        int rows = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 500_000;
        int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 5;
        compare(flavour, rows, rounds);
      }
    }
  }

  private static void compare(TestFlavour flavour, int rows, int rounds) throws Exception {
    try (SqlServer server = flavour.dedicated(options())) {
      Database database = server.createDatabase("speed");
      create(database);
      MySqlSource source = source(database.name(), TestFlavour.builder(database));
      source.registration().install();
      load(database, rows, 10);
      for (int round = 0; round < rounds; round++) {
        for (String contender : List.of("raw", "ours")) {
          child(server, database, contender, rows, List.of("-Xmx1g"));
        }
      }
    }
  }

  private static void size(TestFlavour flavour) throws Exception {
    try (SqlServer server = flavour.dedicated(options())) {
      Database database = server.createDatabase("speed");
      create(database);
      database.execute("create table big (id int primary key, data longblob, words longtext)");
      source(database.name(), TestFlavour.builder(database)).registration().install();
      int rows = 1_000_000;
      load(database, rows, rows / PER_STATEMENT);
      database.execute("set global max_allowed_packet = 268435456");
      database.execute("insert into big values (1, repeat(x'fe', 60000000), null)");
      database.execute("insert into big values (2, null, repeat('w', 60000000))");
      database.execute("update big set data = 'x' where id = 1");
      child(server, database, "ours", rows + 3, List.of("-Xmx256m"));
    }
  }

  private static ServerOptions options() {
    return ServerOptions.defaults()
        .with("innodb-flush-log-at-trx-commit", "0")
        .with("max-allowed-packet", "256M");
  }

  private static MySqlSource source(String database, MySqlSource.Builder builder) {
    return builder.capture(database + ".orders").capture(database + ".big").build();
  }

  private static void create(Database database) {
    database.execute(
        "create table orders (id bigint primary key, customer int not null, state varchar(20),"
            + " total decimal(12,2), note varchar(200), created_at datetime(3), updated_at"
            + " timestamp(6) null, paid tinyint)");
  }

  private static void load(Database database, int rows, int statementsPerCommit) throws Exception {
    String row = "(?, ?, 'open', 12.34, 'a note of a usual length, with ü', now(3), now(6), 1)";
    String sql = "insert into orders values " + row + (", " + row).repeat(PER_STATEMENT - 1);
    try (Connection connection = database.connect();
        PreparedStatement insert = connection.prepareStatement(sql)) {
      connection.setAutoCommit(false);
      for (int i = 0; i < rows / PER_STATEMENT; i++) {
        for (int j = 0; j < PER_STATEMENT; j++) {
          insert.setLong(2 * j + 1, (long) i * PER_STATEMENT + j);
          insert.setInt(2 * j + 2, j);
        }
        insert.executeUpdate();
        if ((i + 1) % statementsPerCommit == 0) {
          connection.commit();
        }
      }
      connection.commit();
      try (Statement flush = connection.createStatement()) {
        flush.execute("flush binary logs");
      }
    }
  }

  private static void child(
      SqlServer server, Database database, String what, int rows, List<String> options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(options);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), ReadSpeed.class.getName()));
    command.addAll(
        List.of(
            what,
            server.host(),
            Integer.toString(server.port()),
            database.name(),
            Integer.toString(rows),
            database.server().jdbcUrl(database.name())));
    int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (exit != 0) {
      throw new IllegalStateException(what + " ended with " + exit);
    }
  }

  private static void raw(String[] arguments) throws Exception {
    int rows = Integer.parseInt(arguments[4]);
    BinaryLogClient client =
        new BinaryLogClient(arguments[1], Integer.parseInt(arguments[2]), "root", "");
    client.setSSLMode(SSLMode.DISABLED);
    client.setServerId(77_777);
    client.setBinlogFilename("binlog.000001");
    client.setBinlogPosition(4);
    EventDeserializer deserializer = new EventDeserializer();
    for (EventType type : EventType.values()) {
      if (type != EventType.ROTATE && type != EventType.FORMAT_DESCRIPTION) {
        deserializer.setEventDataDeserializer(type, new ByteArrayEventDataDeserializer());
      }
    }
    client.setEventDeserializer(deserializer);
    long[] begun = {0, 0};
    client.registerEventListener(
        event -> {
          if (begun[0] == 0) {
            begun[0] = System.nanoTime();
          }
          if (event.getHeader().getEventType() == EventType.ROTATE && ++begun[1] == 2) {
            print("connector", rows, begun[0], 0);
            Runtime.getRuntime().halt(0);
          }
        });
    client.connect();
  }

  private static void ours(String[] arguments) throws Exception {
    int rows = Integer.parseInt(arguments[4]);
    MySqlSource.Builder builder =
        MySqlSource.builder(dataSource(arguments[5]))
            .host(arguments[1])
            .port(Integer.parseInt(arguments[2]))
            .user("root")
            .password(Secret.of(""))
            .service("shop");
    MySqlSource source = source(arguments[3], builder);
    try (SourceReader reader =
        source.open(new ReaderStart("speed", Optional.empty(), 0, FirstStart.OLDEST))) {
      long begun = System.nanoTime();
      long read = 0;
      while (read < rows) {
        SourceBatch batch = reader.poll(1000, Duration.ofSeconds(1));
        read += batch.events().size();
      }
      long allocated = 0;
      var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      for (long id : threads.getAllThreadIds()) {
        allocated += Math.max(0, threads.getThreadAllocatedBytes(id));
      }
      print("millrace", rows, begun, allocated);
    }
    System.exit(0);
  }

  private static void print(String what, int rows, long begun, long allocated) {
    double seconds = (System.nanoTime() - begun) / 1e9;
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    System.out.printf(
        Locale.ROOT,
        "%-10s %,d rows in %.2f s: %,.0f rows/s, %.2f s of CPU with the JVM's start%s%n",
        what,
        rows,
        seconds,
        rows / seconds,
        system.getProcessCpuTime() / 1e9,
        allocated == 0
            ? ""
            : String.format(Locale.ROOT, ", %,d bytes allocated per row", allocated / rows));
    System.out.flush();
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
