package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every BSON type from one database through stream, codec and applier into another, in bytes. */
@NeedsServer(ServerKind.MONGO)
final class MongoValuesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path positions;

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase from = server.createDatabase("values_from");
  private final MongoDatabase to = server.createDatabase("values_to");

  @Test
  void every_type_inserted_set_and_nested_arrives_as_the_same_bytes() throws Exception {
    from.createCollection("item");
    MongoSource source =
        MongoSource.builder(server.client(), from.getName())
            .service("shop")
            .capture("item", c -> c)
            .build();
    source.registration().install();
    InProcessTransport channel = InProcessTransport.builder().name("values").build();
    try (Pipeline pipeline =
            Pipeline.builder("values-out")
                .from(source)
                .to(channel.publisher())
                .positions(FilePositions.in(positions))
                .firstStart(FirstStart.NOW)
                .build();
        Applier applier =
            Applier.builder("values-in")
                .service("copy")
                .from(channel.subscriber("copy"))
                .to(
                    MongoTarget.builder(server.client(), to.getName())
                        .mirror("item", "item")
                        .build())
                .build()) {
      pipeline.start();
      applier.start();
      write();
      Map<BsonValue, String> expected = documents(from);
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (!documents(to).equals(expected) && System.nanoTime() < deadline) {
        Thread.sleep(50);
      }
      assertThat(documents(to)).isEqualTo(expected);
      assertThat(applier.held()).isEmpty();
      assertThat(pipeline.status().counters().captured()).isGreaterThan(expected.size());
    }
    from.drop();
    to.drop();
  }

  private void write() throws IOException {
    MongoCollection<BsonDocument> items = from.getCollection("item", BsonDocument.class);
    long id = 0;
    List<BsonValue> all = new ArrayList<>();
    for (BsonValuesTest.Golden golden : BsonValuesTest.golden().toList()) {
      BsonValue value = first(BsonDecoder.wrapped(golden.json()));
      all.add(value);
      items.insertOne(new BsonDocument("_id", new BsonInt64(++id)).append("v", value));
      items.insertOne(new BsonDocument("_id", new BsonInt64(++id)).append("v", new BsonInt32(0)));
      items.updateOne(Filters.eq("_id", id), Updates.set("v", value));
      items.insertOne(new BsonDocument("_id", new BsonInt64(++id)).append("v", new BsonInt32(0)));
      items.replaceOne(
          Filters.eq("_id", id),
          new BsonDocument("_id", new BsonInt64(id)).append("w", new BsonDocument("x", value)));
    }
    items.insertOne(new BsonDocument("_id", new BsonInt64(++id)).append("all", new BsonArray(all)));
  }

  private static BsonValue first(BsonDocument document) {
    return document.get(document.getFirstKey());
  }

  private static Map<BsonValue, String> documents(MongoDatabase database) {
    Map<BsonValue, String> documents = new LinkedHashMap<>();
    for (BsonDocument document :
        database
            .getCollection("item", BsonDocument.class)
            .find()
            .sort(new BsonDocument("_id", new BsonInt32(1)))) {
      byte[] bytes = BsonValuesTest.bytes(document);
      documents.put(document.get("_id"), HexFormat.of().formatHex(bytes));
    }
    return documents;
  }
}
