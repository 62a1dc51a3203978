package io.millrace.cdc.postgres;

import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.contract.SourceContract;
import io.millrace.cdc.testkit.contract.SourceHarness;
import io.millrace.cdc.testkit.contract.SourceWriter;
import java.sql.SQLException;
import java.util.Set;

@NeedsServer(ServerKind.POSTGRES)
final class PostgresSourceContractTest extends SourceContract {
  @Override
  protected SourceHarness newHarness() {
    Database database = PostgresServer.shared().createDatabase("contract");
    database.execute(
        "create table item (id bigint primary key, name varchar(100), amount decimal(12,2), note varchar(100))",
        "create table other (id bigint primary key, name varchar(100))");
    source(database, Set.of("item", "other")).changeLog().install();
    return new SourceHarness() {
      @Override
      public SourceWriter writer() throws SQLException {
        return SourceWriter.over(database.connect(), entity -> "public." + entity);
      }

      @Override
      public Source source(Set<String> entities) {
        return PostgresSourceContractTest.source(database, entities);
      }

      @Override
      public void close() {
        database.drop();
      }
    };
  }

  private static PostgresSource source(Database database, Set<String> entities) {
    PostgresSource.Builder builder =
        PostgresSource.builder(database.dataSource()).service("contract");
    entities.forEach(entity -> builder.capture("public." + entity));
    return builder.build();
  }
}
