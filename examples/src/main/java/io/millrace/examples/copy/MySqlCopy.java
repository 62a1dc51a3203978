package io.millrace.examples.copy;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.examples.monolith.AppliedFile;
import io.millrace.examples.monolith.Command;
import io.millrace.examples.monolith.EventOrder;
import io.millrace.examples.monolith.Journal;
import io.millrace.examples.monolith.Judge;
import io.millrace.examples.monolith.Killer;
import io.millrace.examples.monolith.Load;
import io.millrace.examples.monolith.Options;
import io.millrace.examples.monolith.Settling;
import io.millrace.examples.monolith.Summary;
import io.millrace.examples.monolith.SyncJvm;
import io.millrace.examples.monolith.SyncSide;
import io.millrace.examples.monolith.Topic;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The program: see the package. Exit status 0 only when every copied row is equal, no other row of
 * the target was touched, no event is missing, none is there that was not committed, and each row's
 * events stand in its order.
 */
public final class MySqlCopy {
  private static final int CLERKS = 3;
  private static final int PARTITIONS = 4;
  private static final long QUIET_SECONDS = 40;

  private final Options options;
  private final PrintStream story;
  private final Path folder;
  private final Databases databases;
  private final KafkaServer kafka = KafkaServer.shared();
  private final String topic = kafka.uniqueName("copy");

  private MySqlCopy(Options options, PrintStream story, Path folder, Databases databases) {
    this.options = options;
    this.story = story;
    this.folder = folder;
    this.databases = databases;
  }

  /** Runs it; the options are those of {@code examples/run mysql-copy}. */
  public static void main(String[] arguments) throws Exception {
    Command.main("mysql-copy", arguments, MySqlCopy::parse, MySqlCopy::run, MySqlCopy::text);
  }

  static Options parse(String[] arguments) {
    Options options = Options.parse(arguments, "--server", List.of("mysql", "mariadb"));
    if (options.large() > 0) {
      throw new IllegalArgumentException("--large is an option of monolith-sync");
    }
    return options;
  }

  static Summary run(Options options, PrintStream story) throws Exception {
    story.println("Starting two database servers and Kafka …");
    try (Databases databases = Databases.start(options.database())) {
      story.println("Source and target are on " + databases.label());
      return Command.inFolder(
          "millrace-mysql-copy-",
          "Logs",
          story,
          folder -> new MySqlCopy(options, story, folder, databases).run());
    }
  }

  private Summary run() throws Exception {
    databases.create(options.seed());
    kafka.createTopic(topic, PARTITIONS);
    story.println("Starting one JVM that reads and one that writes; logs in " + folder);
    try (SyncSide source = SyncSide.start(launch(CopyProcess.SOURCE, databases.source()));
        SyncSide target = SyncSide.start(launch(CopyProcess.TARGET, databases.target()))) {
      source.awaitReady(120);
      target.awaitReady(120);
      Load load = new Load(options);
      long start = System.nanoTime();
      Resident resident = Resident.start(databases, options.seed());
      OnlineComparison online = OnlineComparison.start(databases);
      try (resident;
          online) {
        try (AutoCloseable killer = options.kill() ? killer(source, target) : () -> {}) {
          write(load, () -> progress(load, online, source, target));
        }
        source.awaitReady(120);
        target.awaitReady(120);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      settle(source, target);
      story.println(online.text());
      List<String> differences = online.differences();
      differences.addAll(resident.differences());
      return summary(source, target, load, differences, seconds);
    }
  }

  private Killer killer(SyncSide source, SyncSide target) {
    return Killer.start(options.seed(), source, target);
  }

  private SyncJvm.Launch launch(String half, Database database) {
    List<String> arguments = new ArrayList<>(Databases.endpoint(database));
    arguments.addAll(List.of(kafka.bootstrapServers(), topic, folder.toString()));
    return new SyncJvm.Launch(
        CopyProcess.class.getName(), half, arguments, folder, database.password());
  }

  /** Returns when all clerks have ended. */
  private void write(Load load, Runnable progress) throws Exception {
    new Clerk(databases, load, options.seed()).touchAll();
    ExecutorService threads = Executors.newFixedThreadPool(CLERKS);
    try {
      List<Future<?>> clerks = new ArrayList<>();
      for (int i = 1; i <= CLERKS; i++) {
        clerks.add(threads.submit(new Clerk(databases, load, options.seed() * 31 + i)));
      }
      threads.shutdown();
      while (!threads.awaitTermination(1, TimeUnit.SECONDS)) {
        progress.run();
      }
      for (Future<?> clerk : clerks) {
        clerk.get();
      }
    } finally {
      load.stop();
      threads.shutdownNow();
    }
  }

  private void progress(Load load, OnlineComparison online, SyncSide source, SyncSide target) {
    story.printf(
        "writing %d · captured %d · applied %d · held %d · rows that differ at the moment %d%n",
        load.changes(),
        source.total("captured"),
        target.total("applied"),
        target.now("held"),
        online.underWay());
  }

  private void settle(SyncSide source, SyncSide target) throws Exception {
    Settling.await(
        List.of(source, target),
        new Settling.Sight() {
          @Override
          public long handled() {
            return source.total("delivered") + target.total("delivered");
          }

          @Override
          public boolean complete() throws Exception {
            return target.now("held") == 0
                && Comparison.of(databases).differences().isEmpty()
                && Judge.compare(databases.journal(), events()).lost() == 0;
          }
        },
        QUIET_SECONDS,
        story);
  }

  private List<Topic.Event> events() throws IOException {
    return Topic.read(kafka.bootstrapServers(), topic);
  }

  private Summary summary(
      SyncSide source, SyncSide target, Load load, List<String> differences, double seconds)
      throws Exception {
    List<Journal.Entry> journal = databases.journal();
    List<Topic.Event> events = events();
    Judge.Verdict verdict = Judge.compare(journal, events);
    Comparison comparison = Comparison.of(databases);
    differences.addAll(comparison.differences());
    differences.addAll(EventOrder.differences(journal, events));
    Map<String, Integer> deaths = new HashMap<>(source.deaths());
    target.deaths().forEach((cause, times) -> deaths.merge(cause, times, Integer::sum));
    return new Summary(
        load.changes(),
        load.hotChanges(),
        Map.of(CopyProcess.SOURCE, source.total("captured")),
        Map.of(CopyProcess.TARGET, target.total("applied")),
        target.total("duplicates"),
        0,
        0,
        target.now("held"),
        comparison.rows(),
        differences,
        verdict,
        AppliedFile.latencies(folder, CopyProcess.TARGET, verdict),
        new double[0],
        seconds,
        options.seed(),
        deaths,
        Map.of());
  }

  private static String text(Summary summary) {
    return summary.oneWay(
        "All copied rows are equal, the target's own were left alone, nothing was lost, nothing came that was not committed.");
  }
}
