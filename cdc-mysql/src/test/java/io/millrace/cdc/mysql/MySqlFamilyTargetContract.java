package io.millrace.cdc.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.jdbc.HandlerTarget;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.contract.Events;
import io.millrace.cdc.testkit.contract.SqlTargetContract;
import io.millrace.cdc.testkit.contract.SqlTargetHarness;
import java.util.Objects;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What MySQL and MariaDB have in common as targets. */
abstract class MySqlFamilyTargetContract extends SqlTargetContract {
  private final Database database;
  private final String uuidType;

  MySqlFamilyTargetContract(Database database, String uuidType) {
    this.database = database;
    this.uuidType = uuidType;
  }

  @Override
  protected final SqlTargetHarness harness() {
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
    cut(database);
  }

  static void cut(Database database) {
    for (var row :
        database.query(
            "select id from information_schema.processlist where db = database() and id <> connection_id()")) {
      database.execute("kill " + row.get(0));
    }
  }

  @Test
  void trailing_blanks_make_another_row_also_where_the_collation_ignores_them() throws Exception {
    database.execute(
        "create table padded (id varchar(20) character set utf8mb4 collate utf8mb4_bin primary key, n int)",
        "create table fixed (id char(5) primary key, n int)");
    Events padded = events("padded");
    Events fixed = events("fixed");
    padded.send(padded.created("a", "n", 1), padded.created("a ", "n", 2), padded.deleted("a  "));
    fixed.send(fixed.created("a ", "n", 1), fixed.created("b", "n", 2));
    Applier applier =
        start(harness().target().mirror("padded", "padded").mirror("fixed", "fixed").build());
    assertEquals(2, caughtUp(applier).held());
    assertEquals("[[a, 1]]", database.query("select id, n from padded").toString());
    assertEquals("[[b, 2]]", database.query("select id, n from fixed").toString());
    padded.send(padded.deleted("a"));
    await(() -> applier.status().held() == 1);
    assertEquals("[[a , 2]]", database.query("select id, n from padded").toString());
    assertTrue(applier.held().get(0).error().contains("fixed width"));
  }

  @Test
  void an_exact_collation_keeps_all_of_them() throws Exception {
    String exact =
        database.value("select version()").contains("MariaDB")
            ? "utf8mb4_nopad_bin"
            : "utf8mb4_0900_bin";
    database.execute(
        "create table word (id varchar(20) character set utf8mb4 collate %s primary key, n int)"
            .formatted(exact));
    Events words = events("word");
    words.send(words.created("a", "n", 1), words.created("A", "n", 2), words.created("a ", "n", 3));
    words.send(words.updated("a", "n", 4), words.deleted("A"));
    Applier applier = start(harness().target().mirror("word", "word").build());
    assertEquals(0, caughtUp(applier).held());
    assertEquals(
        "[[4, a], [3, a ]]",
        database.query("select n, id from word order by length(id)").toString());
  }

  record Harness(Database database, String uuidType) implements SqlTargetHarness {
    @Override
    public JdbcTarget.Builder target(DataSource dataSource) {
      return MySqlTarget.builder(dataSource);
    }

    @Override
    public void letIn(Database user, boolean in) {
      database.execute(
          "set password for '%s'@'%%' = %s"
              .formatted(user.user(), in ? password(user.password()) : password("another")));
    }

    private String password(String text) {
      boolean hashes = database.value("select version()").contains("MariaDB");
      return hashes ? "password('" + text + "')" : "'" + text + "'";
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
    public void failFirstHold(String entity) {
      // A variable of the session outlives the transaction.
      database.execute(
          """
          create trigger fail_once before insert on millrace_held for each row begin
            if new.entity = '%s' and @failed is null then
              set @failed = 1;
              signal sqlstate 'HY000' set mysql_errno = 1205, message_text = 'gone';
            end if;
          end"""
              .formatted(entity));
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
    public String caselessType() {
      return "varchar(20) character set utf8mb4 collate utf8mb4_general_ci";
    }

    @Override
    public String ownText(String column) {
      return "cast(" + column + " as char)";
    }
  }
}
