package io.millrace.cdc.mongo;

import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.outbox.OutboxOptions;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.OutboxContract;
import io.millrace.cdc.testkit.contract.OutboxHarness;
import io.millrace.cdc.testkit.contract.OutboxWriter;
import java.util.Optional;
import java.util.Set;

@NeedsServer(ServerKind.MONGO)
final class MongoOutboxContractTest extends OutboxContract {
  @Override
  protected OutboxHarness newHarness() {
    MongoServer server = MongoServer.shared();
    MongoDatabase database = server.createDatabase("outbox");
    database.createCollection("item");
    return new Harness(server, database);
  }

  private record Harness(MongoServer server, MongoDatabase database) implements OutboxHarness {
    @Override
    public OutboxWriter writer() {
      return writer(MongoOutbox.in(server.client(), database.getName()));
    }

    @Override
    public OutboxWriter writer(Source source) {
      return writer(((MongoSource) source).outbox());
    }

    private OutboxWriter writer(MongoOutbox outbox) {
      return new DocumentWriter(server.client().startSession(), database, outbox);
    }

    @Override
    public boolean conflicts() {
      return true;
    }

    @Override
    public boolean hasSavepoints() {
      return false;
    }

    @Override
    public boolean knowsExactState() {
      return false;
    }

    @Override
    public Source source(Set<String> entities, Optional<OutboxOptions> outbox) {
      MongoSource.Builder builder =
          MongoSource.builder(server.client(), database.getName()).service("contract");
      entities.forEach(entity -> builder.capture(entity, c -> c.rename("_id", "id")));
      outbox.ifPresent(options -> builder.outbox(unused -> options));
      MongoSource source = builder.build();
      source.registration().install();
      return source;
    }

    @Override
    public void close() {
      database.drop();
    }
  }
}
