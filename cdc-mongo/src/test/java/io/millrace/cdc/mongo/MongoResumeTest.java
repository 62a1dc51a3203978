package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonTimestamp;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reading goes on behind whatever was read last. */
@NeedsServer(ServerKind.MONGO)
final class MongoResumeTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Of every type that an {@code _id} can have. */
  static final List<String> IDS =
      List.of(
          "1",
          "{$numberLong: '2'}",
          "{$numberLong: '9007199254740993'}",
          "3.5",
          "{$numberDouble: '-0.0'}",
          "{$numberDouble: 'NaN'}",
          "{$numberDouble: 'Infinity'}",
          "{$numberDecimal: '0.1'}",
          "{$numberDecimal: '7.00'}",
          "{$numberDecimal: '-12345678901234567890.50'}",
          "'text'",
          "''",
          "'with, comma \\\\ and \\u0001'",
          "{$oid: '5f1e8a4b2c3d4e5f6a7b8c9d'}",
          "{$date: {$numberLong: '-1'}}",
          "{$binary: {base64: 'AAEC', subType: '00'}}",
          "{$binary: {base64: 'c//SZESzTGmQ6OfR38A11A==', subType: '04'}}",
          "{$binary: {base64: 'c//SZESzTGmQ6OfR38A11A==', subType: '03'}}",
          "true",
          "null",
          "{$timestamp: {t: 5, i: 6}}",
          "{$minKey: 1}",
          "{$maxKey: 1}",
          "{$symbol: 'symbol'}",
          "{$code: 'f()'}",
          "{a: 1}",
          "{b: 1}",
          "{a: 1, b: 1}",
          "{b: 1, a: 1}",
          "{a: {b: 1}}",
          "{a: {b: [1, {c: 2}]}}",
          "{a: [1, 2]}",
          "{a: null}",
          "{'': 1}",
          "{}");

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("resume");
  private final MongoSource source =
      MongoSource.builder(server.client(), database.getName())
          .service("shop")
          .capture("item")
          .build();

  @BeforeEach
  void create() {
    database.createCollection("item");
    source.registration().install();
  }

  @AfterEach
  void drop() {
    database.drop();
  }

  private MongoCollection<BsonDocument> items() {
    return database.getCollection("item", BsonDocument.class);
  }

  private SourceReader open(@Nullable Position position) {
    return source.open(new ReaderStart("p", Optional.ofNullable(position), 0, FirstStart.NOW));
  }

  private static SourceBatch next(SourceReader reader) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      SourceBatch batch = reader.poll(1, Duration.ofMillis(500));
      if (!batch.events().isEmpty()) {
        return batch;
      }
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void behind_a_document_whatever_its_id_is() throws Exception {
    Position position;
    try (SourceReader reader = open(null)) {
      for (int i = 0; i < IDS.size(); i++) {
        BsonDocument document = BsonDocument.parse("{_id: " + IDS.get(i) + "}");
        items().insertOne(document.append("n", new BsonInt32(i)));
      }
      position = Objects.requireNonNull(next(reader).position());
    }
    for (int i = 1; i < IDS.size(); i++) {
      try (SourceReader reader = open(position)) {
        SourceBatch batch = next(reader);
        assertThat(String.valueOf(batch.events().get(0).newValue()))
            .as(IDS.get(i))
            .endsWith("n=" + i + "}");
        position = Objects.requireNonNull(batch.position(), IDS.get(i));
      }
    }
  }

  private static List<String> ids(List<ChangeEvent> events) {
    return events.stream().map(ChangeEvent::id).toList();
  }

  /** As after the server could not find a token, since its event has another size now. */
  @Test
  void from_a_time_on_without_what_was_read_within_a_transaction_too() throws Exception {
    List<ChangeEvent> all = new ArrayList<>();
    try (SourceReader reader = open(null);
        ClientSession session = server.client().startSession()) {
      items().insertOne(new BsonDocument("_id", new BsonInt32(1)));
      session.withTransaction(
          () -> {
            for (int id = 2; id < 6; id++) {
              items().insertOne(session, new BsonDocument("_id", new BsonInt32(id)));
            }
            return id();
          });
      items().insertOne(new BsonDocument("_id", new BsonInt32(6)));
      while (all.size() < 6) {
        all.addAll(next(reader).events());
      }
    }
    List<String> tokens = tokens();
    for (int read = 0; read < 6; read++) {
      BsonDocument token = BsonDocument.parse("{_data: '" + tokens.get(read) + "'}");
      BsonTimestamp time = MongoPosition.timeOf(token);
      try (MongoReader reader =
          new MongoReader(
                  settings(),
                  new MongoRegistration.Registered("log", 1),
                  "p",
                  new MongoPosition("set", time, token, token),
                  new MongoReader.Opened(
                      StreamOpener.open(settings(), s -> s.startAtOperationTime(time)),
                      new Marks(),
                      tokens.get(read),
                      () -> {}))
              .start()) {
        List<ChangeEvent> rest = new ArrayList<>();
        while (rest.size() < 5 - read) {
          rest.addAll(next(reader).events());
        }
        assertThat(ids(rest)).isEqualTo(ids(all.subList(read + 1, 6)));
        assertThat(reader.poll(10, Duration.ofMillis(300)).events()).isEmpty();
      }
    }
  }

  private static boolean id() {
    return true;
  }

  /** Of the events in their order. */
  private List<String> tokens() {
    List<String> tokens = new ArrayList<>();
    BsonTimestamp start = new BsonTimestamp(1, 0);
    try (var cursor = StreamOpener.open(settings(), s -> s.startAtOperationTime(start))) {
      while (tokens.size() < 6) {
        var document = cursor.tryNext();
        if (document != null && document.getString("operationType").getValue().equals("insert")) {
          tokens.add(MongoPosition.text(document.getDocument("_id")));
        }
      }
    }
    return tokens;
  }

  private MongoSettings settings() {
    return new MongoSettings(
        server.client(),
        database.getName(),
        "shop",
        List.of(
            new CapturedCollection("item", "item", false, Set.of(), Set.of(), List.of(), Map.of())),
        Optional.empty(),
        Duration.ZERO,
        Clock.systemUTC(),
        new Random());
  }
}
