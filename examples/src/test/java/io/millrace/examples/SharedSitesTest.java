package io.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The shared rule on real databases: sites write the same few rows at the same time, capture lags,
 * publishers send again what they sent; when all is quiet, all are equal and nothing echoed.
 */
final class SharedSitesTest {
  private static final Duration QUIET = Duration.ofSeconds(90);
  private static final long FIRST_STATE = 5_000;
  private static final int WRITES = Integer.getInteger("millrace.sharedWrites", 300);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgres postgres",
        "mariadb mariadb",
        "postgres mariadb",
        "postgres mariadb postgres",
        "partitioned partitioned",
        "mariadb partitioned postgres",
        "mysql postgres",
        "postgres mariadb mysql"
      })
  void quiet_sites_are_equal(String kinds) throws Exception {
    try (Ring ring = new Ring(kinds)) {
      for (String kind : kinds.split(" ", -1)) {
        ring.add(kind).start();
      }
      join(ring.write());
      ring.assertQuietAndEqual();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgres mariadb postgres",
        "postgres postgres mariadb",
        "mariadb postgres mysql"
      })
  void a_site_that_is_added_later_takes_what_is_there_and_changes_both_ways(String kinds)
      throws Exception {
    String[] kind = kinds.split(" ", -1);
    try (Ring ring = new Ring(kinds + ", the last one later")) {
      ring.add(kind[0]).start();
      ring.add(kind[1]).start();
      ring.sites.get(0).insert(FIRST_STATE, "before");
      join(ring.write());
      List<Thread> others = ring.write();
      SharedSite late = ring.add(kind[2]);
      late.start();
      Awaitility.await("first state")
          .atMost(QUIET)
          .until(() -> late.rows().containsKey(FIRST_STATE));
      // Its own first writes meet events from before it came.
      late.write(WRITES);
      join(others);
      assertThat(late.caughtUp(QUIET)).isTrue();
      join(ring.write());
      ring.assertQuietAndEqual();
    }
  }

  private static void join(List<Thread> writers) throws InterruptedException {
    for (Thread writer : writers) {
      writer.join();
    }
  }

  /** Sites on one channel of one partition. */
  private static final class Ring implements AutoCloseable {
    private final long seed = Long.getLong("millrace.seed", System.nanoTime());
    private final InProcessTransport channel =
        InProcessTransport.builder().name("shop").partitions(1).build();
    private final List<SharedSite> sites = new ArrayList<>();

    Ring(String what) {
      System.out.println("shared sites " + what + ", -Dmillrace.seed=" + seed);
    }

    SharedSite add(String kind) {
      SharedSite site =
          SharedSite.create(kind, sites.size(), channel, new Random(seed + sites.size()));
      sites.add(site);
      return site;
    }

    /** Every site writes at the same time. */
    List<Thread> write() {
      List<Thread> writers = new ArrayList<>();
      for (SharedSite site : sites) {
        Thread writer = new Thread(() -> site.write(WRITES), "writer-" + site.name());
        writer.start();
        writers.add(writer);
      }
      return writers;
    }

    void assertQuietAndEqual() throws InterruptedException {
      // One partition, each log in order: who has applied every site's last row has applied
      // everything.
      for (SharedSite site : sites) {
        site.writeLast();
      }
      for (SharedSite site : sites) {
        Awaitility.await(site.name())
            .atMost(QUIET)
            .until(() -> site.lastRowsApplied() == sites.size());
      }
      Map<Long, String> expected = sites.get(0).rows();
      List<ChangeEvent> changes = Sites.changes(channel);
      for (SharedSite site : sites) {
        assertThat(site.rows())
            .as("%s, seed %s, %s", site.name(), seed, site.status())
            .isEqualTo(expected);
        assertThat(site.status().held()).as(site.name()).isZero();
        assertThat(site.echoes()).as("echoes of %s", site.name()).isZero();
        assertChanges(site, changes);
      }
      assertThat(changes)
          .allSatisfy(
              change -> assertThat(sites).extracting(SharedSite::log).contains(change.log()));
      System.out.println(sites.stream().map(site -> site.name() + " " + site.status()).toList());
    }

    /** The channel carries what a site's writer wrote: nothing more, and nothing is missing. */
    private void assertChanges(SharedSite site, List<ChangeEvent> all) {
      List<ChangeEvent> own =
          all.stream().filter(change -> change.log().equals(site.log())).toList();
      Map<ChangeType, Long> counts =
          own.stream().collect(Collectors.groupingBy(ChangeEvent::type, Collectors.counting()));
      String what = "%s, seed %s, %s".formatted(site.name(), seed, counts);
      assertThat(counts.getOrDefault(ChangeType.CREATED, 0L))
          .as(what)
          .isEqualTo(site.written(ChangeType.CREATED));
      assertThat(counts.getOrDefault(ChangeType.DELETED, 0L))
          .as(what)
          .isEqualTo(site.written(ChangeType.DELETED));
      assertThat(counts.getOrDefault(ChangeType.UPDATED, 0L))
          .as(what)
          .isBetween(1L, (long) site.written(ChangeType.UPDATED));
      assertThat(own).as(what).allMatch(change -> change.hops() == 0);
    }

    @Override
    public void close() {
      sites.forEach(SharedSite::close);
    }
  }
}
