package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.jdbc.HandlerTarget;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.contract.SqlTargetContract;
import io.millrace.cdc.testkit.contract.SqlTargetHarness;
import java.util.Objects;
import javax.sql.DataSource;

/** PostgreSQL keeps the targets' contract. */
final class PostgresTargetTest extends SqlTargetContract {
  private final Database database = PostgresServer.shared().createDatabase("target");

  @Override
  protected SqlTargetHarness harness() {
    return new Harness(database);
  }

  @Override
  protected String readInstant(String table, String column) {
    return Objects.requireNonNull(
        database.value(
            "select to_char("
                + column
                + " at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') from "
                + table));
  }

  @Override
  protected String markKey(long id) {
    return "[" + id + "]";
  }

  @Override
  protected void cutOtherConnections(Database database) {
    cut(database);
  }

  static void cut(Database database) {
    database.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
  }

  record Harness(Database database) implements SqlTargetHarness {
    @Override
    public JdbcTarget.Builder target(DataSource dataSource) {
      return PostgresTarget.builder(dataSource);
    }

    @Override
    public void letIn(Database user, boolean in) {
      database.execute("alter role " + user.user() + (in ? " login" : " nologin"));
    }

    @Override
    public HandlerTarget handlers() {
      return HandlerTarget.in(database.dataSource(), PostgresTarget.dialect());
    }

    @Override
    public String ownTable(String plainName) {
      return "millrace." + plainName;
    }

    @Override
    public void failFirstHold(String entity) {
      database.execute(
          "create sequence failures",
          """
          create function fail_once() returns trigger language plpgsql as $$ begin
            if new.entity = '%s' and nextval('failures') = 1 then
              raise exception 'gone' using errcode = '08006';
            end if;
            return new;
          end $$"""
              .formatted(entity),
          "create trigger fail_once before insert on millrace.held for each row execute function fail_once()");
    }

    @Override
    public String instantType() {
      return "timestamptz";
    }

    @Override
    public String bytesType() {
      return "bytea";
    }

    @Override
    public String uuidType() {
      return "uuid";
    }

    @Override
    public String jsonType() {
      return "jsonb";
    }

    @Override
    public String caselessType() {
      database.execute("create extension if not exists citext");
      return "citext";
    }

    @Override
    public String ownText(String column) {
      return column;
    }
  }
}
