package io.millrace.examples.monolith;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MissingServerException;
import io.millrace.cdc.testkit.PostgresServer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The main job: see the package. Exit status 0 only when both sides are equal, nothing was lost and
 * nothing echoed.
 */
public final class MonolithSync {
  private static final int WRITERS_PER_SIDE = 2;
  private static final long SETTLE_SECONDS = 120;

  /** Nothing moved for so many seconds: it will not settle any more. */
  private static final long QUIET_ROUNDS = 20;

  private static final String TOPIC = "shop";

  private final Options options;
  private final PrintStream out;
  private final Clock clock = Clock.systemUTC();
  private final Path folder;

  private MonolithSync(Options options, PrintStream out, Path folder) {
    this.options = options;
    this.out = out;
    this.folder = folder;
  }

  /** Runs the job; the options are those of {@code examples/run monolith-sync}. */
  public static void main(String[] arguments) throws Exception {
    PrintStream standard = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Options options;
    try {
      options = Options.parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("monolith-sync: " + e.getMessage());
      System.exit(2);
      return;
    }
    PrintStream story =
        options.json() ? new PrintStream(System.err, true, StandardCharsets.UTF_8) : standard;
    Summary summary;
    try {
      summary = run(options, story);
    } catch (MissingServerException e) {
      System.err.println("monolith-sync: " + e.getMessage());
      System.exit(3);
      return;
    }
    story.println(summary.text());
    if (options.json()) {
      standard.println(summary.json());
    }
    System.exit(summary.good() ? 0 : 1);
  }

  static Summary run(Options options, PrintStream story) throws Exception {
    Path folder = Files.createTempDirectory("millrace-monolith-sync-");
    Summary summary = new MonolithSync(options, story, folder).run();
    if (summary.good()) {
      delete(folder);
    } else {
      story.println("Logs and journals are kept in " + folder);
    }
    return summary;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  private Summary run() throws Exception {
    out.println("Starting MariaDB (the monolith's), PostgreSQL (the service's) and Kafka …");
    Database monolith = MariaDbServer.shared().createDatabase("shop");
    Database service = PostgresServer.shared().createDatabase("shop");
    KafkaServer kafka = KafkaServer.shared();
    kafka.createTopic(TOPIC, 4);
    createShops(monolith, service);
    out.println("Starting one JVM per side that syncs; logs and journals in " + folder);
    try (SyncSide left =
            SyncSide.start("monolith", folder, settings(monolith, kafka), monolith.password());
        SyncSide right =
            SyncSide.start("service", folder, settings(service, kafka), service.password())) {
      left.awaitReady(60);
      right.awaitReady(60);
      Writer.Load load = new Writer.Load(options.changes(), options.seconds(), options.rate());
      long start = System.nanoTime();
      try (Killer killer =
          options.kill() ? Killer.start(options.seed(), List.of(left, right)) : null) {
        write(monolith, service, load, left, right);
      }
      left.awaitReady(60);
      right.awaitReady(60);
      double seconds = (System.nanoTime() - start) / 1e9;
      settle(monolith, service, kafka, left, right);
      return summary(monolith, service, kafka, load, left, right, seconds);
    }
  }

  private List<String> settings(Database database, KafkaServer kafka) {
    return List.of(
        database.server().host(),
        Integer.toString(database.server().port()),
        database.name(),
        database.jdbcUrl(),
        database.user(),
        kafka.bootstrapServers(),
        TOPIC,
        folder.toString());
  }

  /** The same rows on both sides, before anything is captured: what a move starts with. */
  private void createShops(Database monolith, Database service) throws SQLException {
    try (Connection left = connect(monolith);
        Connection right = connect(service)) {
      Shop.create(left, Shop.MONOLITH_DDL);
      Shop.create(right, Shop.SERVICE_DDL);
      seed(left, Shop.monolith());
      seed(right, Shop.service());
    }
  }

  private void seed(Connection connection, List<Table> tables) throws SQLException {
    Writer.Values values = new Writer.Values(new Random(options.seed()));
    for (int id = 1; id <= Writer.HOT; id++) {
      tables.get(0).insert(connection, values.customer(Integer.toString(id)));
    }
    for (int id = Writer.FIRST_REGULAR; id <= Writer.LAST_REGULAR; id++) {
      tables.get(0).insert(connection, values.customer(Integer.toString(id)));
    }
    tables.get(1).insert(connection, values.order("1", Integer.toString(Writer.FIRST_REGULAR)));
    for (int line = 1; line <= Writer.HOT; line++) {
      tables.get(2).insert(connection, values.line("1", Integer.toString(line)));
    }
  }

  private void write(
      Database monolith, Database service, Writer.Load load, SyncSide left, SyncSide right)
      throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(2 * WRITERS_PER_SIDE);
    try (Journal monolithJournal = new Journal(journal("monolith"), clock);
        Journal serviceJournal = new Journal(journal("service"), clock)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < WRITERS_PER_SIDE; i++) {
        long seed = options.seed() * 31 + i;
        running.add(
            threads.submit(
                new Writer(
                    "monolith",
                    Shop.monolith(),
                    () -> connect(monolith),
                    monolithJournal,
                    load,
                    seed)));
        running.add(
            threads.submit(
                new Writer(
                    "service",
                    Shop.service(),
                    () -> connect(service),
                    serviceJournal,
                    load,
                    seed + 1_000_003)));
      }
      for (Future<?> writer : running) {
        while (!finished(writer)) {
          progress("writing", load.changes(), left, right);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static boolean finished(Future<?> writer)
      throws InterruptedException, ExecutionException {
    try {
      writer.get(1, TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  /**
   * Waits until both sides are equal and the topic rests, or the time is up: the judge decides what
   * that means.
   */
  private void settle(
      Database monolith, Database service, KafkaServer kafka, SyncSide left, SyncSide right)
      throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS);
    long before = -1;
    long unchanged = 0;
    while (System.nanoTime() < end && left.isAlive() && right.isAlive()) {
      long events = Topic.read(kafka.bootstrapServers(), TOPIC).size();
      long handled = events + applied(left, right);
      unchanged = handled == before ? unchanged + 1 : 0;
      if ((unchanged > 1 && differences(monolith, service).isEmpty()) || unchanged > QUIET_ROUNDS) {
        return;
      }
      before = handled;
      progress("settling", events, left, right);
      Thread.sleep(1000);
    }
    for (SyncSide side : List.of(left, right)) {
      if (!side.isAlive()) {
        out.println("A sync JVM ended by itself; see " + side.log());
      }
    }
  }

  /** Deliveries that both appliers are done with. */
  private static long applied(SyncSide left, SyncSide right) {
    return left.total("delivered") + right.total("delivered");
  }

  private void progress(String what, long number, SyncSide left, SyncSide right) {
    out.printf(
        "%s %d · monolith captured %d applied %d · service captured %d applied %d · echoes left out %d · conflicts %d · held %d%n",
        what,
        number,
        left.total("captured"),
        left.total("applied"),
        right.total("captured"),
        right.total("applied"),
        left.total("echoes") + right.total("echoes"),
        left.total("conflicts") + right.total("conflicts"),
        left.now("held") + right.now("held"));
  }

  private Summary summary(
      Database monolith,
      Database service,
      KafkaServer kafka,
      Writer.Load load,
      SyncSide left,
      SyncSide right,
      double seconds)
      throws Exception {
    List<Journal.Entry> journal = new ArrayList<>(Journal.read(journal("monolith")));
    journal.addAll(Journal.read(journal("service")));
    Judge.Verdict verdict = Judge.compare(journal, Topic.read(kafka.bootstrapServers(), TOPIC));
    return new Summary(
        journal.size(),
        load.hotChanges(),
        Map.of("monolith", left.total("captured"), "service", right.total("captured")),
        Map.of("monolith", left.total("applied"), "service", right.total("applied")),
        left.total("duplicates") + right.total("duplicates"),
        left.total("echoes") + right.total("echoes"),
        left.total("conflicts") + right.total("conflicts"),
        left.now("held") + right.now("held"),
        rows(monolith),
        differences(monolith, service),
        verdict,
        latencies("service", verdict),
        latencies("monolith", verdict),
        seconds,
        options.seed(),
        left.kills() + right.kills());
  }

  private static Map<String, Integer> rows(Database monolith) throws SQLException {
    Map<String, Integer> rows = new TreeMap<>();
    try (Connection connection = connect(monolith)) {
      for (Table table : Shop.monolith()) {
        rows.put(table.entity(), table.readAll(connection).size());
      }
    }
    return rows;
  }

  private static List<String> differences(Database monolith, Database service) throws SQLException {
    List<String> differences = new ArrayList<>();
    try (Connection left = connect(monolith);
        Connection right = connect(service)) {
      for (int i = 0; i < Shop.monolith().size(); i++) {
        Map<String, Map<String, @Nullable String>> ours = Shop.monolith().get(i).readAll(left);
        Map<String, Map<String, @Nullable String>> theirs = Shop.service().get(i).readAll(right);
        differences.addAll(Judge.differences(Shop.monolith().get(i).entity(), ours, theirs));
      }
    }
    return differences;
  }

  /** From the writer's commit to the moment in which the other side's applier had committed it. */
  private double[] latencies(String side, Judge.Verdict verdict) throws IOException {
    Path file = folder.resolve(side + ".applied");
    if (!Files.exists(file)) {
      return new double[0];
    }
    List<Double> millis = new ArrayList<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      int tab = line.indexOf('\t');
      Long committed = tab < 0 ? null : verdict.committedMicros().get(line.substring(tab + 1));
      if (committed != null) {
        millis.add((Long.parseLong(line.substring(0, tab)) - committed) / 1000.0);
      }
    }
    double[] sorted = millis.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }

  private Path journal(String side) {
    return folder.resolve(side + ".journal");
  }

  /** A session in UTC, so that plain text of a time is the same on both sides. */
  private static Connection connect(Database database) throws SQLException {
    Connection connection = database.dataSource().getConnection();
    Shop.create(
        connection,
        List.of(
            database.jdbcUrl().startsWith("jdbc:postgresql")
                ? "SET TIME ZONE 'UTC'"
                : "SET time_zone = '+00:00'"));
    return connection;
  }
}
