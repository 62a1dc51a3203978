package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.MongoException;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.MongoReplicaSet;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bson.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Elections lose nothing, and what a majority never had is never published. */
@NeedsServer(ServerKind.MONGO)
final class MongoElectionTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir private Path positions;

  private final Set<Long> seen = ConcurrentHashMap.newKeySet();
  private final ConcurrentLinkedQueue<Long> order = new ConcurrentLinkedQueue<>();

  private Pipeline pipeline(MongoClient client) {
    MongoDatabase database = client.getDatabase("shop");
    database.createCollection("item");
    MongoSource source =
        MongoSource.builder(client, "shop")
            .service("monolith")
            .capture("item", c -> c.rename("_id", "id"))
            .build();
    source.registration().install();
    InProcessTransport channel = InProcessTransport.builder().name("out").partitions(1).build();
    return Pipeline.builder("out")
        .from(source)
        .to(channel.publisher())
        .positions(FilePositions.in(positions))
        .firstStart(FirstStart.NOW)
        .filter(this::note)
        .build();
  }

  private boolean note(ChangeEvent event) {
    if (!event.entity().equals(Heartbeat.ENTITY) && seen.add(Long.parseLong(event.id()))) {
      order.add(Long.parseLong(event.id()));
    }
    return true;
  }

  private static void running(Pipeline pipeline) throws InterruptedException {
    pipeline.start();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (pipeline.status().state() != PipelineState.RUNNING) {
      assertThat(System.nanoTime()).as("%s", pipeline.status()).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  private void awaitSeen(long id, Pipeline pipeline) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!seen.contains(id)) {
      assertThat(System.nanoTime())
          .as("event of %s, seen %s: %s", id, seen.size(), pipeline.status())
          .isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  @Test
  void a_step_down_and_a_killed_primary_lose_nothing_and_swap_nothing() throws Exception {
    try (MongoReplicaSet set = MongoReplicaSet.start(3);
        MongoClient client = set.newClient();
        Pipeline pipeline = pipeline(client)) {
      running(pipeline);
      MongoCollection<Document> items =
          client.getDatabase("shop").getCollection("item").withWriteConcern(WriteConcern.MAJORITY);
      List<Long> written = new ArrayList<>();
      MongoServer killed = null;
      for (long id = 0; id < 300; id++) {
        if (id == 100) {
          set.stepDown();
        }
        if (id == 200) {
          killed = set.primary();
          killed.kill();
        }
        write(items, id);
        written.add(id);
      }
      awaitSeen(299, pipeline);
      assertThat(List.copyOf(order)).isEqualTo(written);
      assertThat(killed).isNotNull();
      killed.start();
    }
  }

  /** As an application that must not lose a write: again until it is known to stand. */
  private static void write(MongoCollection<Document> items, long id) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try {
        items.replaceOne(
            new Document("_id", id),
            new Document("_id", id).append("n", id),
            new com.mongodb.client.model.ReplaceOptions().upsert(true));
        return;
      } catch (MongoException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
      }
    }
  }

  @Test
  void what_no_majority_has_is_not_published_and_gone_when_it_is_rolled_back() throws Exception {
    try (MongoReplicaSet set = MongoReplicaSet.start(3);
        MongoClient client = set.newClient();
        Pipeline pipeline = pipeline(client)) {
      running(pipeline);
      MongoCollection<Document> items = client.getDatabase("shop").getCollection("item");
      write(items.withWriteConcern(WriteConcern.MAJORITY), 1);
      awaitSeen(1, pipeline);
      MongoServer alone = set.primary();
      List<MongoServer> others =
          set.members().stream().filter(member -> !member.equals(alone)).toList();
      // Not only paused: what the primary has sent would be read when they go on, and elected.
      others.forEach(MongoServer::kill);
      try (MongoClient direct = alone.newClient()) {
        // It is primary until it notices that nobody answers.
        direct
            .getDatabase("shop")
            .getCollection("item")
            .withWriteConcern(WriteConcern.W1)
            .insertOne(new Document("_id", 2L));
      }
      alone.kill();
      for (MongoServer other : others) {
        other.start();
      }
      set.primary();
      write(items.withWriteConcern(WriteConcern.MAJORITY), 3);
      alone.start();
      write(items.withWriteConcern(WriteConcern.MAJORITY), 4);
      awaitSeen(4, pipeline);
      assertThat(List.copyOf(order)).containsExactly(1L, 3L, 4L);
      assertThat(items.find(new Document("_id", 2L)).first()).isNull();
    }
  }
}
