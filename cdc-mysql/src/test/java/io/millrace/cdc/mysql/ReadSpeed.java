package io.millrace.cdc.mysql;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Run by hand: how fast a binary log becomes events, beside the connector alone.
 *
 * <p>{@code ReadSpeed [MYSQL|MARIADB] [INSERTS|UPDATES|SINGLE] [rows] [rounds] [passes]} loads a
 * server of its own and lets {@link ReadContender}s read the log, in turns, each in a JVM of its
 * own: the connector with byte arrays and an idle listener, and the reader with events that nobody
 * takes. A JVM reads the log so often; the first pass has the compiler's work in it, the last one
 * is what counts for a reader that goes on for days. {@code ReadSpeed latency [MYSQL|MARIADB]}:
 * from a commit to its event, 500 of them a second. {@code ReadSpeed size [MYSQL|MARIADB]}: one
 * transaction of 1,000,000 rows and one row of 60 MB with 256 MB of heap.
 *
 * <p>{@code -Dmillrace.speed.jvm=…} gives options to the contenders' JVMs, separated by spaces.
 */
final class ReadSpeed {
  private static final int PER_STATEMENT = 1000;
  private static final int PER_TRANSACTION = 10_000;
  private static final List<String> STATES = List.of("open", "paid", "packed", "sent");

  /** What is in the log. */
  private enum Load {
    /** Transactions of 10,000 inserted rows. */
    INSERTS,
    /** Transactions of 10,000 updated rows, with both images, of which two columns differ. */
    UPDATES,
    /** One row per transaction. */
    SINGLE
  }

  private ReadSpeed() {}

  public static void main(String[] arguments) throws Exception {
    List<String> rest = new ArrayList<>(List.of(arguments));
    String first = rest.isEmpty() ? "" : rest.get(0).toLowerCase(Locale.ROOT);
    switch (first) {
      case "size" -> size(flavour(rest, 1));
      case "latency" -> latency(flavour(rest, 1));
      default -> compare(rest);
    }
  }

  private static TestFlavour flavour(List<String> arguments, int at) {
    return TestFlavour.valueOf(argument(arguments, at, "MYSQL").toUpperCase(Locale.ROOT));
  }

  private static String argument(List<String> arguments, int at, String otherwise) {
    return arguments.size() > at ? arguments.get(at) : otherwise;
  }

  private static void compare(List<String> arguments) throws Exception {
    Load load = Load.valueOf(argument(arguments, 1, "INSERTS").toUpperCase(Locale.ROOT));
    int rows = Integer.parseInt(argument(arguments, 2, load == Load.SINGLE ? "200000" : "1000000"));
    int rounds = Integer.parseInt(argument(arguments, 3, "5"));
    int passes = Integer.parseInt(argument(arguments, 4, "3"));
    try (SqlServer server = flavour(arguments, 0).dedicated(options())) {
      Database database = server.createDatabase("speed");
      create(database);
      source(database).registration().install();
      load(database, load, rows);
      for (int round = 0; round < rounds; round++) {
        for (String contender : List.of("raw", "ours")) {
          child(database, contender, rows, passes, "-Xmx1g");
        }
      }
    }
  }

  private static void latency(TestFlavour flavour) throws Exception {
    try (SqlServer server = flavour.dedicated(options())) {
      Database database = server.createDatabase("speed");
      create(database);
      source(database).registration().install();
      child(database, "latency", 10_000, 1, "-Xmx256m");
    }
  }

  private static void size(TestFlavour flavour) throws Exception {
    try (SqlServer server = flavour.dedicated(options())) {
      Database database = server.createDatabase("speed");
      create(database);
      source(database).registration().install();
      int rows = 1_000_000;
      insert(database, rows, rows);
      database.execute("set global max_allowed_packet = 268435456");
      database.execute("insert into big values (1, repeat(x'fe', 60000000), null)");
      database.execute("insert into big values (2, null, repeat('w', 60000000))");
      database.execute("update big set data = 'x' where id = 1");
      child(database, "ours", rows + 3, 1, "-Xmx256m");
    }
  }

  private static ServerOptions options() {
    return ServerOptions.defaults()
        .with("innodb-flush-log-at-trx-commit", "0")
        .with("max-allowed-packet", "256M");
  }

  private static MySqlSource source(Database database) {
    return ReadContender.capture(database.name(), TestFlavour.builder(database));
  }

  private static void create(Database database) {
    database.execute(
        "create table orders (id bigint primary key, customer int not null, state varchar(20),"
            + " total decimal(12,2), note varchar(200), created_at datetime(3), updated_at"
            + " timestamp(6) null, paid tinyint)");
    database.execute("create table big (id int primary key, data longblob, words longtext)");
  }

  private static void load(Database database, Load load, int rows) throws Exception {
    switch (load) {
      case INSERTS -> insert(database, rows, PER_TRANSACTION);
      case SINGLE -> single(database, rows);
      case UPDATES -> {
        insert(database, rows, PER_TRANSACTION);
        database.execute("flush binary logs");
        for (int i = 0; i < rows; i += PER_TRANSACTION) {
          database.update(
              "update orders set state = 'lost', updated_at = now(6) where id between ? and ?",
              i,
              i + PER_TRANSACTION - 1);
        }
      }
    }
    database.execute("flush binary logs");
    if (load == Load.UPDATES) {
      database.execute("purge binary logs to 'binlog.000002'");
    }
  }

  private static void insert(Database database, int rows, int perTransaction) throws Exception {
    String row = "(?, ?, ?, ?, ?, now(3), now(6), 1)";
    String sql = "insert into orders values " + row + (", " + row).repeat(PER_STATEMENT - 1);
    try (Connection connection = database.connect();
        PreparedStatement insert = connection.prepareStatement(sql)) {
      connection.setAutoCommit(false);
      for (int i = 0; i < rows; i += PER_STATEMENT) {
        int column = 1;
        for (int id = i; id < i + PER_STATEMENT; id++) {
          insert.setLong(column++, id);
          insert.setInt(column++, id * 7919 % 100_003);
          insert.setString(column++, STATES.get(id % STATES.size()));
          insert.setString(column++, id * 13 % 10_007 + "." + (10 + id % 90));
          insert.setString(column++, "note " + id + " of a usual length, with ü");
        }
        insert.executeUpdate();
        if ((i + PER_STATEMENT) % perTransaction == 0) {
          connection.commit();
        }
      }
      connection.commit();
    }
  }

  /** In a procedure, or most of the time would be spent on the way to the server. */
  private static void single(Database database, int rows) throws Exception {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "create procedure fill(n int) begin declare i int default 0; while i < n do insert into"
              + " orders values (i, i * 7919 % 100003, elt(1 + i % 4, 'open', 'paid', 'packed',"
              + " 'sent'), i % 10007, concat('note ', i, ' of a usual length, with ü'),"
              + " now(3), now(6), 1); set i = i + 1; end while; end");
      statement.execute("call fill(" + rows + ")");
    }
  }

  private static void child(Database database, String what, int rows, int passes, String heap)
      throws IOException, InterruptedException {
    SqlServer server = database.server();
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.add(heap);
    String more = System.getProperty("millrace.speed.jvm", "");
    if (!more.isEmpty()) {
      command.addAll(List.of(more.split(" ")));
    }
    command.addAll(
        List.of(
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            System.getProperty("java.class.path"),
            ReadContender.class.getName(),
            what,
            server.host(),
            Integer.toString(server.port()),
            database.name(),
            Integer.toString(rows),
            server.jdbcUrl(database.name()),
            Integer.toString(passes)));
    int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (exit != 0) {
      throw new IllegalStateException(what + " ended with " + exit);
    }
  }
}
