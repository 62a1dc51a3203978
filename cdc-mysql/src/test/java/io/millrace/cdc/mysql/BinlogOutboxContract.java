package io.millrace.cdc.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.outbox.OutboxOptions;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.CommittedEvents;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.contract.OutboxContract;
import io.millrace.cdc.testkit.contract.OutboxHarness;
import io.millrace.cdc.testkit.contract.OutboxWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

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

  /** What Jakarta's transaction managers do; the connection reports auto-commit all the while. */
  @Test
  void an_event_of_a_two_phase_transaction_comes_with_its_second_commit() throws Exception {
    Database database = flavour.shared().createDatabase("xa");
    MySqlOutbox outbox = MySqlOutbox.in(database.name());
    MySqlSource source =
        TestFlavour.builder(database).registrationDatabase(database.name()).outbox().build();
    source.registration().install();
    EntityEvent event =
        EntityEvent.message("seen", Row.of("id", Value.of(1)), Row.of("n", Value.of(1)));
    try (CommittedEvents events = CommittedEvents.of(source);
        Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      assertThrows(IllegalStateException.class, () -> outbox.append(connection, event));
      for (String end : List.of("xa rollback ", "xa commit ")) {
        String xid = "'" + database.name() + "'";
        statement.execute("xa start " + xid);
        outbox.append(connection, event);
        statement.execute("xa end " + xid);
        statement.execute("xa prepare " + xid);
        assertEquals(List.of(), events.take());
        statement.execute(end + xid);
        assertEquals(end.contains("commit") ? 1 : 0, events.take().size());
      }
    }
    database.drop();
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
