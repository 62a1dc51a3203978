package io.millrace.cdc.mysql;

import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.contract.SourceContract;
import io.millrace.cdc.testkit.contract.SourceHarness;
import io.millrace.cdc.testkit.contract.SourceWriter;
import java.sql.SQLException;
import java.util.Set;

/** What every source keeps, on one of the two flavours. */
abstract class BinlogSourceContract extends SourceContract {
  private final TestFlavour flavour;

  BinlogSourceContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @Override
  protected SourceHarness newHarness() {
    Database database = flavour.shared().createDatabase("contract");
    database.execute(
        "create table item (id bigint primary key, name varchar(100) null, amount decimal(12,2) null,"
            + " note varchar(100) null)",
        "create table other (id bigint primary key, name varchar(100) null)");
    return new Harness(database);
  }

  private record Harness(Database database) implements SourceHarness {
    @Override
    public SourceWriter writer() throws SQLException {
      return SourceWriter.over(database.connect(), this::table);
    }

    private String table(String entity) {
      return database.name() + "." + entity;
    }

    @Override
    public Source source(Set<String> entities) {
      MySqlSource.Builder builder = TestFlavour.builder(database);
      entities.forEach(entity -> builder.capture(table(entity)));
      MySqlSource source = builder.build();
      source.registration().install();
      return source;
    }

    @Override
    public void close() {
      database.drop();
    }
  }
}
