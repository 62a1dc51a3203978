package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.model.Filters;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bson.Document;
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

  @Test
  void what_a_replacement_leaves_out_is_taken_away_at_both_sites() throws Exception {
    InProcessTransport channel =
        InProcessTransport.builder().name("replaced").partitions(1).build();
    MongoServer server = MongoServer.shared();
    try (TwoWaySite left = site("left", server, channel, new Random(1));
        TwoWaySite right = site("right", server, channel, new Random(1))) {
      left.start();
      right.start();
      for (long id = 0; id < 2; id++) {
        left.items().insertOne(new Document("_id", id).append("name", "a").append("n", 1));
      }
      awaitBoth(left, right, List.of("0 a 1 null", "1 a 1 null"));
      right.items().replaceOne(Filters.eq("_id", 0L), new Document("name", "b"));
      left.items().replaceOne(Filters.eq("_id", 1L), new Document("n", 2));
      awaitBoth(left, right, List.of("0 b null null", "1 null 2 null"));
    }
  }

  private static void awaitBoth(TwoWaySite left, TwoWaySite right, List<String> documents)
      throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!left.documents().equals(documents) || !right.documents().equals(documents)) {
      assertTrue(
          System.nanoTime() < deadline, () -> left.documents() + " and " + right.documents());
      Thread.sleep(20);
    }
    // Nothing that is still under way takes it back.
    assertTrue(left.applier().awaitCaughtUp(LIMIT));
    assertTrue(right.applier().awaitCaughtUp(LIMIT));
    assertEquals(documents, left.documents());
    assertEquals(documents, right.documents());
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
