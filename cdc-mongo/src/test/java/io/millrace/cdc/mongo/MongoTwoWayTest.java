package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two databases that write the same documents end equal, and no applied change comes back. */
@NeedsServer(ServerKind.MONGO)
final class MongoTwoWayTest {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int WRITES = Integer.getInteger("millrace.mongo.writes", 1000);

  @TempDir private Path positions;

  @Test
  void two_sites_end_equal_without_one_echo_and_without_one_lost_change() throws Exception {
    long seed = Long.getLong("millrace.seed", new Random().nextLong());
    System.out.println("millrace.seed=" + seed);
    Random random = new Random(seed);
    InProcessTransport channel = InProcessTransport.builder().name("shared").partitions(2).build();
    MongoServer server = MongoServer.shared();
    try (TwoWaySite left = site("left", server, channel, random);
        TwoWaySite right = site("right", server, channel, random)) {
      left.start();
      right.start();
      List<Thread> writers = new ArrayList<>();
      List<Throwable> failures = new ArrayList<>();
      for (TwoWaySite site : List.of(left, right)) {
        Thread writer = new Thread(() -> site.write(WRITES), "writer");
        writer.setUncaughtExceptionHandler((thread, e) -> failures.add(e));
        writer.start();
        writers.add(writer);
      }
      for (Thread writer : writers) {
        writer.join();
      }
      assertEquals(List.of(), failures);
      settle(left, right);
      String both = left + "\n" + right;
      assertEquals(left.made(), left.captured(), () -> "echoes or losses: " + both);
      assertEquals(right.made(), right.captured(), () -> "echoes or losses: " + both);
      assertEquals(left.documents(), right.documents(), both);
      System.out.println(both);
    }
  }

  private TwoWaySite site(
      String name, MongoServer server, InProcessTransport channel, Random random) {
    return new TwoWaySite(
        name,
        server.client(),
        server.createDatabase(name),
        channel,
        positions.resolve(name),
        new Random(random.nextLong()));
  }

  private static void settle(TwoWaySite left, TwoWaySite right) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (left.captured() < left.made() || right.captured() < right.made()) {
      assertTrue(System.nanoTime() < deadline, () -> "not all captured: " + left + "\n" + right);
      Thread.sleep(50);
    }
    // What would come too much comes within a heartbeat or two.
    for (int i = 0; i < 3; i++) {
      for (TwoWaySite site : List.of(left, right)) {
        assertTrue(site.applier().awaitCaughtUp(LIMIT), site::toString);
      }
      Thread.sleep(500);
    }
  }
}
