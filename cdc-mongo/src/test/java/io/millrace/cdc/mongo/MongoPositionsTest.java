package io.millrace.cdc.mongo;

import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.PositionStoreContract;
import io.millrace.cdc.testkit.contract.PositionStoreHarness;
import java.time.Duration;
import java.util.List;
import org.bson.Document;

@NeedsServer(ServerKind.MONGO)
class MongoPositionsTest extends PositionStoreContract {
  @Override
  protected PositionStoreHarness newHarness() {
    MongoServer server = MongoServer.shared();
    MongoDatabase database = server.createDatabase("positions");
    return new PositionStoreHarness() {
      @Override
      public PositionStore store() {
        return MongoPositions.in(server.client(), database.getName());
      }

      @Override
      public void pass(Duration time) {
        database
            .getCollection("millrace_position")
            .updateMany(
                new Document(),
                List.of(
                    new Document(
                        "$set",
                        new Document(
                            "leaseUntil",
                            new Document("$subtract", List.of("$leaseUntil", time.toMillis()))))));
      }

      @Override
      public void writeAsNewerRelease(String pipeline) {
        database
            .getCollection("millrace_position")
            .updateOne(
                new Document("_id", pipeline), new Document("$set", new Document("format", 2)));
      }

      @Override
      public void crashWhileSaving(String pipeline) {
        // A transaction that is never committed.
        var session = server.client().startSession();
        session.startTransaction();
        database
            .getCollection("millrace_position")
            .updateOne(
                session,
                new Document("_id", pipeline),
                new Document("$set", new Document("epoch", 999L)));
        session.close();
      }

      @Override
      public void close() {
        database.drop();
      }
    };
  }
}
