package io.millrace.examples.outbox;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.examples.monolith.AppliedFile;
import io.millrace.examples.monolith.Command;
import io.millrace.examples.monolith.EventOrder;
import io.millrace.examples.monolith.Journal;
import io.millrace.examples.monolith.Judge;
import io.millrace.examples.monolith.Killer;
import io.millrace.examples.monolith.Options;
import io.millrace.examples.monolith.Settling;
import io.millrace.examples.monolith.Summary;
import io.millrace.examples.monolith.SyncJvm;
import io.millrace.examples.monolith.SyncSide;
import io.millrace.examples.monolith.Topic;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The program: see the package. Exit status 0 only when the view equals the orders, no event is
 * missing, none is there that was not committed, and each order's events stand in its order.
 */
public final class OutboxShop {
  private static final long QUIET_SECONDS = 30;
  private static final int PARTITIONS = 4;

  private final Options options;
  private final PrintStream story;
  private final Path folder;
  private final ShopTables tables =
      new ShopTables(
          PostgresServer.shared().createDatabase("orders"),
          PostgresServer.shared().createDatabase("view"));
  private final KafkaServer kafka = KafkaServer.shared();
  private final String topic = kafka.uniqueName("orders");

  private OutboxShop(Options options, PrintStream story, Path folder) {
    this.options = options;
    this.story = story;
    this.folder = folder;
  }

  /** Runs it; the options are those of {@code examples/run outbox}. */
  public static void main(String[] arguments) throws Exception {
    Command.main("outbox", arguments, OutboxShop::parse, OutboxShop::run, OutboxShop::text);
  }

  static Options parse(String[] arguments) {
    Options options = Options.parse(arguments, "", List.of());
    if (options.large() > 0) {
      throw new IllegalArgumentException("--large is an option of monolith-sync");
    }
    return options;
  }

  static Summary run(Options options, PrintStream story) throws Exception {
    return Command.inFolder(
        "millrace-outbox-", "Logs", story, folder -> new OutboxShop(options, story, folder).run());
  }

  private Summary run() throws Exception {
    tables.create();
    OrderService.source(tables.orders().dataSource()).changeLog().install();
    kafka.createTopic(topic, PARTITIONS);
    story.println(
        "Starting the order service and the consumer, which will be killed now and then; logs in "
            + folder);
    try (SyncSide service = SyncSide.start(service());
        SyncSide view = SyncSide.start(view())) {
      service.awaitReady(120);
      view.awaitReady(120);
      long start = System.nanoTime();
      try (Killer killer = Killer.start(options.seed(), service, view)) {
        awaitChanges(start);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      tables.close();
      service.awaitReady(120);
      view.awaitReady(120);
      settle(service, view);
      return summary(service, view, seconds);
    }
  }

  private SyncJvm.Launch service() {
    Database orders = tables.orders();
    return new SyncJvm.Launch(
        OrderService.class.getName(),
        OrderService.TAG,
        List.of(
            orders.jdbcUrl(),
            orders.user(),
            kafka.bootstrapServers(),
            topic,
            Long.toString(options.changes()),
            Double.toString(options.rate()),
            Long.toString(options.seed())),
        folder,
        orders.password());
  }

  private SyncJvm.Launch view() {
    Database view = tables.view();
    return new SyncJvm.Launch(
        OrderView.class.getName(),
        OrderView.TAG,
        List.of(view.jdbcUrl(), view.user(), kafka.bootstrapServers(), topic, folder.toString()),
        folder,
        view.password());
  }

  private void awaitChanges(long start) throws InterruptedException {
    long end = start + TimeUnit.SECONDS.toNanos(options.seconds());
    long changes = tables.changes();
    while (changes < options.changes() && System.nanoTime() - end < 0) {
      story.printf("changes %d · rows in the view %d%n", changes, tables.viewed());
      Thread.sleep(1000);
      changes = tables.changes();
    }
  }

  /** Waits until the view equals the orders and the topic holds the journal. */
  private void settle(SyncSide service, SyncSide view) throws Exception {
    Settling.await(
        List.of(service, view),
        new Settling.Sight() {
          @Override
          public long handled() {
            return tables.changes() + service.total("delivered") + view.total("delivered");
          }

          @Override
          public boolean complete() throws Exception {
            return tables.differences().isEmpty()
                && Judge.compare(tables.journal(), events()).lost() == 0;
          }
        },
        QUIET_SECONDS,
        story);
  }

  private List<Topic.Event> events() throws IOException {
    return Topic.read(kafka.bootstrapServers(), topic);
  }

  private Summary summary(SyncSide service, SyncSide view, double seconds) throws Exception {
    List<Journal.Entry> journal = tables.journal();
    List<Topic.Event> events = events();
    Judge.Verdict verdict = Judge.compare(journal, events);
    List<String> differences = tables.differences();
    differences.addAll(EventOrder.differences(journal, events));
    Map<String, Integer> deaths = new HashMap<>(service.deaths());
    view.deaths().forEach((cause, times) -> deaths.merge(cause, times, Integer::sum));
    return new Summary(
        journal.size(),
        tables.hotChanges(),
        Map.of(OrderService.TAG, service.total("captured")),
        Map.of(OrderView.TAG, view.total("applied")),
        view.total("duplicates"),
        0,
        0,
        view.now("held"),
        Map.of("order", tables.viewed()),
        differences,
        verdict,
        AppliedFile.latencies(folder, OrderView.TAG, verdict),
        new double[0],
        seconds,
        options.seed(),
        deaths,
        Map.of());
  }

  private static String text(Summary summary) {
    return summary.oneWay(
        "The view equals the orders, nothing was lost, nothing came that was not committed.");
  }
}
