package io.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The shared rule on real databases: sites write the same few rows at the same time, capture lags,
 * publishers send again what they sent; when all is quiet, all are equal and nothing echoed.
 */
final class SharedSitesTest {
  private static final Duration QUIET = Duration.ofSeconds(90);
  private static final int WRITES = Integer.getInteger("millrace.sharedWrites", 300);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgres postgres",
        "mariadb mariadb",
        "postgres mariadb",
        "postgres mariadb postgres",
        "mysql postgres",
        "postgres mariadb mysql"
      })
  void quiet_sites_are_equal(String kinds) throws Exception {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    System.out.println("shared sites " + kinds + ", -Dmillrace.seed=" + seed);
    InProcessTransport channel = InProcessTransport.builder().name("shop").partitions(1).build();
    List<SharedSite> sites = new ArrayList<>();
    try {
      for (String kind : kinds.split(" ", -1)) {
        sites.add(SharedSite.create(kind, sites.size(), channel, new Random(seed + sites.size())));
      }
      for (SharedSite site : sites) {
        site.start();
      }
      List<Thread> writers = new ArrayList<>();
      for (SharedSite site : sites) {
        Thread writer = new Thread(() -> site.write(WRITES), "writer-" + site.name());
        writer.start();
        writers.add(writer);
      }
      for (Thread writer : writers) {
        writer.join();
      }
      // One partition, each log in order: who has applied every site's last row has applied
      // everything.
      for (SharedSite site : sites) {
        site.writeLast();
      }
      for (SharedSite site : sites) {
        Awaitility.await(site.name())
            .atMost(QUIET)
            .until(() -> site.lastRowsApplied() == kinds.split(" ", -1).length);
      }
      Map<Long, String> expected = sites.get(0).rows();
      for (SharedSite site : sites) {
        assertThat(site.rows())
            .as("%s, seed %s, %s", site.name(), seed, site.status())
            .isEqualTo(expected);
        assertThat(site.status().held()).as(site.name()).isZero();
        assertThat(site.echoes()).as("echoes of %s", site.name()).isZero();
      }
      System.out.println(sites.stream().map(site -> site.name() + " " + site.status()).toList());
    } finally {
      sites.forEach(SharedSite::close);
    }
  }
}
