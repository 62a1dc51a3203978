package io.millrace.cdc.postgres;

import io.millrace.cdc.outbox.OutboxOptions;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.OutboxContract;
import io.millrace.cdc.testkit.contract.OutboxHarness;
import io.millrace.cdc.testkit.contract.OutboxWriter;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;

@NeedsServer(ServerKind.POSTGRES)
final class PostgresOutboxContractTest extends OutboxContract {
  @Override
  protected OutboxHarness newHarness() {
    Database database = PostgresServer.shared().createDatabase("outbox");
    database.execute(
        "create table item (id bigint primary key, name varchar(100), amount decimal(12,2), note varchar(100))");
    return new Harness(database);
  }

  private record Harness(Database database) implements OutboxHarness {
    @Override
    public OutboxWriter writer() throws SQLException {
      return writer(PostgresOutbox.create());
    }

    @Override
    public OutboxWriter writer(Source source) throws SQLException {
      return writer(((PostgresSource) source).outbox());
    }

    private OutboxWriter writer(PostgresOutbox outbox) throws SQLException {
      return OutboxWriter.over(database.connect(), entity -> "public." + entity, outbox);
    }

    @Override
    public Source source(Set<String> entities, Optional<OutboxOptions> outbox) {
      PostgresSource.Builder builder =
          PostgresSource.builder(database.dataSource()).service("contract");
      entities.forEach(entity -> builder.capture("public." + entity));
      outbox.ifPresent(options -> builder.outbox(unused -> options));
      PostgresSource source = builder.build();
      source.changeLog().install();
      return source;
    }

    @Override
    public void close() {
      database.drop();
    }
  }
}
