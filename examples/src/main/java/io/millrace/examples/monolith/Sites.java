package io.millrace.examples.monolith;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MissingServerException;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The two databases, the topic between them, and the writers' journals. */
final class Sites {
  private static final int WRITERS_PER_SIDE = 2;
  private static final int PARTITIONS = 4;

  private final Options options;
  private final Path folder;
  private final KafkaServer kafka;
  private final String topic;
  private final Site monolith;
  private final Site service;
  private final Clock clock = Clock.systemUTC();

  private Sites(Options options, Path folder, KafkaServer kafka) {
    this.options = options;
    this.folder = folder;
    this.kafka = kafka;
    this.topic = kafka.uniqueName("shop");
    this.monolith = monolith(options);
    this.service = new JdbcSite("service", PostgresServer.shared().createDatabase("shop"));
  }

  private static Site monolith(Options options) {
    if (!options.database().equals("mariadb")) {
      try {
        return new MongoSite(MongoServer.shared(), options.seed());
      } catch (MissingServerException e) {
        if (options.database().equals("mongo")) {
          throw e;
        }
      }
    }
    return new JdbcSite("monolith", MariaDbServer.shared().createDatabase("shop"));
  }

  /** With the same rows on both sides, before anything is captured: what a move starts with. */
  static Sites create(Options options, Path folder, KafkaServer kafka) throws Exception {
    Sites sites = new Sites(options, folder, kafka);
    kafka.createTopic(sites.topic, PARTITIONS);
    for (Site site : List.of(sites.monolith, sites.service)) {
      site.create();
      sites.seed(site);
    }
    return sites;
  }

  Site site(String side) {
    return side.equals("monolith") ? monolith : service;
  }

  /** The database of a side that keeps tables. */
  Database database(String side) {
    return ((JdbcSite) site(side)).database();
  }

  /** What a sync's JVM needs to know. */
  SyncJvm.Launch launch(String side, String main) {
    Site site = site(side);
    List<String> arguments = new ArrayList<>();
    arguments.add(monolith instanceof MongoSite ? Sync.DOCUMENTS : Sync.TABLES);
    arguments.addAll(site.endpoint());
    arguments.addAll(List.of(kafka.bootstrapServers(), topic, folder.toString()));
    return new SyncJvm.Launch(main, side, arguments, folder, site.password());
  }

  /** What both databases can keep of a time: MongoDB's dates end with the millisecond. */
  private ChronoUnit instants() {
    return monolith instanceof MongoSite ? ChronoUnit.MILLIS : ChronoUnit.MICROS;
  }

  private void seed(Site site) throws Exception {
    Writer.Values values = new Writer.Values(new Random(options.seed()), instants());
    try (Session session = site.open()) {
      for (int id = 1; id <= Writer.HOT; id++) {
        session.insert("customer", values.customer(Integer.toString(id)));
      }
      for (int id = Writer.FIRST_REGULAR; id <= Writer.LAST_REGULAR; id++) {
        session.insert("customer", values.customer(Integer.toString(id)));
      }
      session.insert("order", values.order("1", Integer.toString(Writer.FIRST_REGULAR)));
      for (int line = 1; line <= Writer.HOT; line++) {
        session.insert("order_line", values.line("1", Integer.toString(line)));
      }
      session.commit();
    }
  }

  /** Returns when all writers have ended; the progress is told every second. */
  void write(Load load, Runnable progress) throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(2 * WRITERS_PER_SIDE);
    try (Journal monolithJournal = new Journal(journal("monolith"), clock);
        Journal serviceJournal = new Journal(journal("service"), clock)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < WRITERS_PER_SIDE; i++) {
        long seed = options.seed() * 31 + i;
        running.add(threads.submit(new Writer(monolith, monolithJournal, load, instants(), seed)));
        running.add(
            threads.submit(
                new Writer(service, serviceJournal, load, instants(), seed + 1_000_003)));
      }
      for (Future<?> writer : running) {
        while (!finished(writer)) {
          progress.run();
        }
      }
    } finally {
      load.stop();
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

  List<Journal.Entry> journal() throws IOException {
    List<Journal.Entry> journal = new ArrayList<>(Journal.read(journal("monolith")));
    journal.addAll(Journal.read(journal("service")));
    return journal;
  }

  /** The topic from its start. */
  List<Topic.Event> events() throws IOException {
    return Topic.read(kafka.bootstrapServers(), topic);
  }

  /** Sides whose events may carry a later state than the change made. */
  Set<String> lookUp() {
    return Stream.of(monolith, service)
        .filter(Site::looksUp)
        .map(Site::side)
        .collect(Collectors.toSet());
  }

  /** Rows per entity. */
  Map<String, Integer> rows() throws Exception {
    Map<String, Integer> rows = new TreeMap<>();
    monolith.read().forEach((entity, all) -> rows.put(entity, all.size()));
    return rows;
  }

  /** Rows that are not the same on both sides. */
  List<String> differences() throws Exception {
    List<String> differences = new ArrayList<>();
    Map<String, Map<String, Map<String, @Nullable String>>> ours = monolith.read();
    Map<String, Map<String, Map<String, @Nullable String>>> theirs = service.read();
    for (Map.Entry<String, Map<String, Map<String, @Nullable String>>> entity : ours.entrySet()) {
      differences.addAll(
          Judge.differences(
              entity.getKey(), entity.getValue(), theirs.getOrDefault(entity.getKey(), Map.of())));
    }
    return differences;
  }

  double[] latencies(String side, Judge.Verdict verdict) throws IOException {
    return AppliedFile.latencies(folder, side, verdict);
  }

  private Path journal(String side) {
    return folder.resolve(side + ".journal");
  }
}
