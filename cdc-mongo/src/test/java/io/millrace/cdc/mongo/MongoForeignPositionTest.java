package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.MongoNamespace;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.bson.Document;
import org.junit.jupiter.api.Test;

/** A position that the server no longer has, or never had, is never read on from in silence. */
@NeedsServer(ServerKind.MONGO)
final class MongoForeignPositionTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String DATABASE = "foreign";

  /** Ten megabytes; what lies before the last checkpoint can go, so there is one each second. */
  private static final ServerOptions SHORT_OPLOG =
      ServerOptions.defaults().with("oplogSize", "10").with("syncdelay", "1");

  /** Where a reader came to, and the epoch of what it gave. */
  private record Read(List<ChangeEvent> events, Position position, long epoch) {
    List<String> ids() {
      return events.stream().map(ChangeEvent::id).toList();
    }
  }

  private static MongoSource source(MongoServer server, String database) {
    return MongoSource.builder(server.client(), database)
        .service("shop")
        .capture("item", c -> c.rename("_id", "id"))
        .build();
  }

  private static MongoDatabase prepare(MongoServer server, String name) {
    MongoDatabase database = server.client().getDatabase(name);
    database.createCollection("item");
    source(server, name).registration().install();
    return database;
  }

  private static SourceReader open(MongoSource source, Optional<Position> position, long epoch) {
    return source.open(new ReaderStart("p", position, epoch, FirstStart.NOW));
  }

  private static SourceReader afterAcceptedGap(MongoSource source, long epoch) {
    return source.open(new ReaderStart("p", Optional.empty(), epoch, FirstStart.NOW, true));
  }

  /** Reads until that many events came and a position stands behind them; saves it. */
  private static Read read(SourceReader reader, int events) throws InterruptedException {
    List<ChangeEvent> all = new ArrayList<>();
    Position last = null;
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (all.size() < events || last == null) {
      assertThat(System.nanoTime()).as("only %s", all).isLessThan(deadline);
      SourceBatch batch = reader.poll(100, Duration.ofMillis(200));
      all.addAll(batch.events());
      last = batch.position() != null ? batch.position() : batch.events().isEmpty() ? last : null;
    }
    reader.saved(last);
    return new Read(all, last, reader.epoch());
  }

  private static void pollOn(SourceReader reader) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      reader.poll(100, Duration.ofMillis(200));
    }
  }

  private static void insert(MongoDatabase database, long... ids) {
    for (long id : ids) {
      database.getCollection("item").insertOne(new Document("_id", id));
    }
  }

  @Test
  void a_server_put_back_from_an_older_copy_is_noticed_also_when_it_wrote_on() throws Exception {
    Path copy;
    Read before;
    try (MongoServer server = MongoServer.startDedicated()) {
      MongoDatabase database = prepare(server, DATABASE);
      int port = server.port();
      server.stop();
      copy = server.copyData();
      server.start();
      try (SourceReader reader = open(source(server, DATABASE), Optional.empty(), 0)) {
        insert(database, 1, 2, 3);
        before = read(reader, 3);
      }
      server.kill();
      ServerOptions restored = ServerOptions.defaults().withDataFrom(copy).withPort(port);
      try (MongoServer old = MongoServer.startDedicated(restored)) {
        MongoSource source = source(old, DATABASE);
        // It has time that goes on, so that only what was read last tells.
        insert(old.client().getDatabase(DATABASE), 7, 8);
        assertThatThrownBy(() -> open(source, Optional.of(before.position()), before.epoch()))
            .isInstanceOf(LostPositionException.class)
            .hasMessageContaining("Accept the gap or backfill");
        try (SourceReader reader = afterAcceptedGap(source, before.epoch())) {
          insert(old.client().getDatabase(DATABASE), 9);
          Read after = read(reader, 1);
          assertThat(after.ids()).containsExactly("9");
          assertThat(after.epoch()).isGreaterThan(before.epoch());
        }
      }
    }
  }

  @Test
  void an_oplog_that_no_longer_reaches_back_is_a_lost_position() throws Exception {
    try (MongoServer server = MongoServer.startDedicated(SHORT_OPLOG)) {
      MongoDatabase database = prepare(server, DATABASE);
      MongoSource source = source(server, DATABASE);
      Read before;
      try (SourceReader reader = open(source, Optional.empty(), 0)) {
        insert(database, 1);
        before = read(reader, 1);
      }
      Random random = new Random(3);
      long deadline = System.nanoTime() + LIMIT.toNanos();
      Throwable lost = null;
      for (long id = 0; lost == null; id++) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        byte[] much = new byte[1 << 20];
        random.nextBytes(much);
        database.getCollection("other").insertOne(new Document("_id", id).append("much", much));
        if (id > 30 && id % 10 == 0) {
          try (SourceReader reader = open(source, Optional.of(before.position()), before.epoch())) {
            reader.poll(1, Duration.ofMillis(500));
          } catch (LostPositionException e) {
            lost = e;
          }
        }
      }
      assertThat(lost).hasMessageContaining("oplog").hasMessageContaining("Accept the gap");
      try (SourceReader reader = afterAcceptedGap(source, before.epoch())) {
        insert(database, 2);
        assertThat(read(reader, 1).ids()).containsExactly("2");
      }
    }
  }

  @Test
  void a_pipeline_whose_saved_position_is_gone_does_not_begin_as_if_new() throws Exception {
    MongoServer server = MongoServer.shared();
    MongoDatabase database = server.createDatabase("foreign");
    prepare(server, database.getName());
    MongoSource source = source(server, database.getName());
    try (SourceReader reader = open(source, Optional.empty(), 0)) {
      insert(database, 1);
      read(reader, 1);
    }
    assertThatThrownBy(() -> open(source, Optional.empty(), 0))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("no saved position");
    afterAcceptedGap(source, 0).close();
    database.drop();
  }

  @Test
  void a_collection_that_is_dropped_or_renamed_ends_in_a_lost_position() throws Exception {
    MongoServer server = MongoServer.shared();
    for (String how : List.of("drop", "rename", "dropDatabase")) {
      MongoDatabase database = server.createDatabase("foreign");
      prepare(server, database.getName());
      try (SourceReader reader = open(source(server, database.getName()), Optional.empty(), 0)) {
        insert(database, 1);
        read(reader, 1);
        switch (how) {
          case "drop" -> database.getCollection("item").drop();
          case "rename" ->
              database
                  .getCollection("item")
                  .renameCollection(new MongoNamespace(database.getName(), "goods"));
          default -> database.drop();
        }
        assertThatThrownBy(() -> pollOn(reader))
            .as(how)
            .isInstanceOf(LostPositionException.class)
            .hasMessageContaining(database.getName());
      }
      database.drop();
    }
  }

  @Test
  void a_database_that_was_dropped_and_made_anew_is_read_on_behind_an_accepted_gap()
      throws Exception {
    MongoServer server = MongoServer.shared();
    MongoDatabase database = server.createDatabase("foreign");
    MongoSource source = source(server, database.getName());
    prepare(server, database.getName());
    Read before;
    try (SourceReader reader = open(source, Optional.empty(), 0)) {
      insert(database, 1);
      before = read(reader, 1);
    }
    insert(database, 2);
    database.drop();
    prepare(server, database.getName());
    insert(database, 3);
    assertThatThrownBy(
            () -> {
              try (SourceReader reader =
                  open(source, Optional.of(before.position()), before.epoch())) {
                pollOn(reader);
              }
            })
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("Accept the gap");
    Read after;
    try (SourceReader reader = afterAcceptedGap(source, before.epoch())) {
      insert(database, 4);
      after = read(reader, 1);
    }
    assertThat(after.ids()).containsExactly("4");
    assertThat(after.epoch()).isGreaterThan(before.epoch());
    insert(database, 5);
    try (SourceReader reader = open(source, Optional.of(after.position()), after.epoch())) {
      assertThat(read(reader, 1).ids()).containsExactly("5");
    }
    database.drop();
  }

  @Test
  void a_quiet_collection_keeps_its_place_while_others_fill_the_oplog() throws Exception {
    try (MongoServer server = MongoServer.startDedicated(SHORT_OPLOG)) {
      MongoDatabase database = prepare(server, DATABASE);
      MongoSource source = source(server, DATABASE);
      Position position;
      long epoch;
      try (SourceReader reader = open(source, Optional.empty(), 0)) {
        insert(database, 1);
        Read first = read(reader, 1);
        position = first.position();
        epoch = first.epoch();
        Random random = new Random(4);
        for (long id = 0; id < 60; id++) {
          byte[] much = new byte[1 << 20];
          random.nextBytes(much);
          database.getCollection("other").insertOne(new Document("_id", id).append("much", much));
          SourceBatch batch = reader.poll(10, Duration.ofMillis(20));
          assertThat(batch.events()).isEmpty();
          position = batch.position() == null ? position : batch.position();
        }
        assertThat(position).isNotEqualTo(first.position());
      }
      insert(database, 2);
      try (SourceReader reader = open(source, Optional.of(position), epoch)) {
        Read after = read(reader, 1);
        assertThat(after.ids()).containsExactly("2");
        assertThat(after.epoch()).isEqualTo(epoch);
      }
    }
  }
}
