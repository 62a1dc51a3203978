package io.millrace.cdc.mysql;

import io.millrace.cdc.outbox.OutboxOptions;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.contract.OutboxContract;
import io.millrace.cdc.testkit.contract.OutboxHarness;
import io.millrace.cdc.testkit.contract.OutboxWriter;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;

/** What every outbox keeps, on one of the two flavours. */
abstract class BinlogOutboxContract extends OutboxContract {
  private final TestFlavour flavour;

  BinlogOutboxContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @Override
  protected OutboxHarness newHarness() {
    Database database = flavour.shared().createDatabase("outbox");
    database.execute(
        "create table item (id bigint primary key, name varchar(100) null, amount decimal(12,2) null,"
            + " note varchar(100) null)");
    return new Harness(database);
  }

  private record Harness(Database database) implements OutboxHarness {
    @Override
    public OutboxWriter writer() throws SQLException {
      return writer(MySqlOutbox.in(database.name()));
    }

    @Override
    public OutboxWriter writer(Source source) throws SQLException {
      return writer(((MySqlSource) source).outbox());
    }

    private OutboxWriter writer(MySqlOutbox outbox) throws SQLException {
      return OutboxWriter.over(
          database.connect(), entity -> database.name() + "." + entity, outbox);
    }

    @Override
    public Source source(Set<String> entities, Optional<OutboxOptions> outbox) {
      MySqlSource.Builder builder =
          TestFlavour.builder(database).registrationDatabase(database.name());
      entities.forEach(entity -> builder.capture(database.name() + "." + entity));
      outbox.ifPresent(options -> builder.outbox(unused -> options));
      MySqlSource source = builder.build();
      source.registration().install();
      if (outbox.isEmpty()) {
        database.execute(OutboxTable.ddl(database.name())); // another source's
      }
      return source;
    }

    @Override
    public void close() {
      database.drop();
    }
  }
}
