package io.millrace.examples.monolith;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The main job: see the package. Exit status 0 only when both sides are equal, nothing was lost and
 * nothing echoed.
 */
public final class MonolithSync {
  private final Options options;
  private final PrintStream story;
  private final Course course;
  private final Path folder;

  private MonolithSync(Options options, PrintStream story, Course course, Path folder) {
    this.options = options;
    this.story = story;
    this.course = course;
    this.folder = folder;
  }

  /** Runs the job; the options are those of {@code examples/run monolith-sync}. */
  public static void main(String[] arguments) throws Exception {
    Command.main("monolith-sync", arguments, MonolithSync::parse, MonolithSync::run, Summary::text);
  }

  /** The monolith is on MongoDB, MariaDB, or MongoDB where there is one. */
  static Options parse(String[] arguments) {
    return Options.parse(arguments, "--monolith", List.of("mongo", "mariadb"));
  }

  static Summary run(Options options, PrintStream story) throws Exception {
    return run(options, story, Course.of(options));
  }

  static Summary run(Options options, PrintStream story, Course course) throws Exception {
    return Command.inFolder(
        "millrace-monolith-sync-",
        "Logs and journals",
        story,
        folder -> new MonolithSync(options, story, course, folder).run());
  }

  private Summary run() throws Exception {
    story.println("Starting the monolith's database, the service's and Kafka …");
    Sites sites = Sites.create(options, folder, course.kafka());
    story.printf(
        "The monolith is on %s, the service on %s%n",
        sites.site("monolith").label(), sites.site("service").label());
    story.println("Starting one JVM per side that syncs; logs and journals in " + folder);
    try (SyncSide left = course.start(sites, "monolith");
        SyncSide right = course.start(sites, "service")) {
      left.awaitReady(60);
      right.awaitReady(60);
      course.ready(sites);
      Load load = new Load(options);
      long start = System.nanoTime();
      Growth growth = Growth.watch(sites, left, right);
      try (growth;
          Course.Companion companion = course.accompany(sites, left, right, load)) {
        sites.write(load, () -> progress("writing", load.changes(), left, right));
      }
      left.awaitReady(60);
      right.awaitReady(60);
      double seconds = (System.nanoTime() - start) / 1e9;
      settle(sites, left, right);
      return summary(sites, load, left, right, seconds, growth.thirds());
    }
  }

  /** Waits until both sides are equal and the topic rests, or nothing moves any more. */
  private void settle(Sites sites, SyncSide left, SyncSide right) throws Exception {
    Settling.await(
        List.of(left, right),
        new Settling.Sight() {
          @Override
          public long handled() throws Exception {
            return sites.events().size() + applied(left, right);
          }

          @Override
          public boolean complete() throws Exception {
            return left.now("held") + right.now("held") == 0 && sites.differences().isEmpty();
          }

          @Override
          public void progress() {
            MonolithSync.this.progress("settling", applied(left, right), left, right);
          }
        },
        course.quietSeconds(),
        story);
  }

  /** Deliveries that both appliers are done with. */
  private static long applied(SyncSide left, SyncSide right) {
    return left.total("delivered") + right.total("delivered");
  }

  private void progress(String what, long number, SyncSide left, SyncSide right) {
    story.printf(
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
      Sites sites,
      Load load,
      SyncSide left,
      SyncSide right,
      double seconds,
      Map<String, long[]> growth)
      throws Exception {
    List<Journal.Entry> journal = sites.journal();
    Judge.Verdict verdict = Judge.compare(journal, sites.events(), sites.lookUp());
    Map<String, Integer> deaths = new HashMap<>(left.deaths());
    right.deaths().forEach((cause, times) -> deaths.merge(cause, times, Integer::sum));
    return new Summary(
        journal.size(),
        load.hotChanges(),
        Map.of("monolith", left.total("captured"), "service", right.total("captured")),
        Map.of("monolith", left.total("applied"), "service", right.total("applied")),
        left.total("duplicates") + right.total("duplicates"),
        left.total("echoes") + right.total("echoes"),
        left.total("conflicts") + right.total("conflicts"),
        left.now("held") + right.now("held"),
        sites.rows(),
        sites.differences(),
        verdict,
        sites.latencies("service", verdict),
        sites.latencies("monolith", verdict),
        seconds,
        options.seed(),
        deaths,
        growth);
  }
}
