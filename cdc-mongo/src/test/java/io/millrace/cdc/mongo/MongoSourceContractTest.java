package io.millrace.cdc.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.SourceContract;
import io.millrace.cdc.testkit.contract.SourceHarness;
import io.millrace.cdc.testkit.contract.SourceWriter;
import java.util.Set;

@NeedsServer(ServerKind.MONGO)
final class MongoSourceContractTest extends SourceContract {
  @Override
  protected SourceHarness newHarness() {
    MongoServer server = MongoServer.shared();
    MongoDatabase database = server.createDatabase("contract");
    database.createCollection("item");
    database.createCollection("other");
    source(server.client(), database.getName(), Set.of("item", "other")).registration().install();
    return new Harness(server, database);
  }

  private static MongoSource source(MongoClient client, String database, Set<String> entities) {
    MongoSource.Builder builder = MongoSource.builder(client, database).service("contract");
    entities.forEach(entity -> builder.capture(entity, c -> c.rename("_id", "id")));
    return builder.build();
  }

  private record Harness(MongoServer server, MongoDatabase database) implements SourceHarness {
    @Override
    public SourceWriter writer() {
      return new DocumentWriter(
          server.client().startSession(),
          database,
          MongoOutbox.in(server.client(), database.getName()));
    }

    @Override
    public boolean knowsOldState() {
      return false;
    }

    @Override
    public boolean knowsExactState() {
      return false;
    }

    @Override
    public boolean changesKeys() {
      return false;
    }

    @Override
    public boolean hasSavepoints() {
      return false;
    }

    @Override
    public Source source(Set<String> entities) {
      return MongoSourceContractTest.source(server.client(), database.getName(), entities);
    }

    @Override
    public void close() {
      database.drop();
    }
  }
}
