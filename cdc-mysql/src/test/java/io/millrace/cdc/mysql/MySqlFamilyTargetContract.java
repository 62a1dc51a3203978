package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.jdbc.HandlerTarget;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.contract.TargetContract;
import io.millrace.cdc.testkit.contract.TargetHarness;
import java.util.Objects;

/** What MySQL and MariaDB have in common as targets. */
abstract class MySqlFamilyTargetContract extends TargetContract {
  private final Database database;
  private final String uuidType;

  MySqlFamilyTargetContract(Database database, String uuidType) {
    this.database = database;
    this.uuidType = uuidType;
  }

  @Override
  protected final TargetHarness harness() {
    return new Harness(database, uuidType);
  }

  @Override
  protected final String readInstant(String table, String column) {
    return Objects.requireNonNull(
        database.value(
            "select cast(convert_tz("
                + column
                + ", @@session.time_zone, '+00:00') as char) from "
                + table));
  }

  @Override
  protected final String markKey(long id) {
    return Long.toString(id);
  }

  @Override
  protected void cutOtherConnections(Database database) {
    for (var row :
        database.query(
            "select id from information_schema.processlist where db = database() and id <> connection_id()")) {
      database.execute("kill " + row.get(0));
    }
  }

  private record Harness(Database database, String uuidType) implements TargetHarness {
    @Override
    public JdbcTarget.Builder target() {
      return MySqlTarget.builder(database.dataSource());
    }

    @Override
    public HandlerTarget handlers() {
      return HandlerTarget.in(database.dataSource(), MySqlTarget.dialect());
    }

    @Override
    public String ownTable(String plainName) {
      return "millrace_" + plainName;
    }

    @Override
    public String instantType() {
      return "timestamp(6)";
    }

    @Override
    public String bytesType() {
      return "varbinary(100)";
    }

    @Override
    public String jsonType() {
      return "json";
    }

    @Override
    public String ownText(String column) {
      return "cast(" + column + " as char)";
    }
  }
}
