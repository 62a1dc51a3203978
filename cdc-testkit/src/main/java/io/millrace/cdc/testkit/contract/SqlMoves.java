package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.apply.Target;
import io.millrace.cdc.testkit.Database;
import java.util.List;
import java.util.Locale;

/** {@link MoveHarness} of tables. */
public final class SqlMoves implements MoveHarness {
  private final SqlTargetHarness harness;
  private final Database database;

  /** On the database of a target's harness. */
  public SqlMoves(SqlTargetHarness harness) {
    this.harness = harness;
    this.database = harness.database();
  }

  @Override
  public void create() {
    database.execute(
        "create table thing (id bigint primary key, value int, own varchar(20))",
        "create table follower (id bigint primary key, thing_id bigint not null, note varchar(20), foreign key (thing_id) references thing (id) on update cascade on delete cascade)",
        "create table stayer (id bigint primary key, thing_id bigint not null, note varchar(20), foreign key (thing_id) references thing (id) on delete cascade)");
  }

  @Override
  public Target target() {
    return harness.target().mirror("thing", "thing", m -> m.columns("id", "value")).build();
  }

  @Override
  public List<List<Object>> things() {
    return database.query("select id, value, own from thing order by id");
  }

  @Override
  public void put(long id, long value, String own) {
    database.update("insert into thing values (?, ?, ?)", id, value, own);
  }

  @Override
  public void setOwn(long id, String own) {
    database.update("update thing set own = ? where id = ?", own, id);
  }

  private static String table(Child child) {
    return child.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public List<List<Object>> children(Child child) {
    return database.query("select id, thing_id, note from " + table(child) + " order by id");
  }

  @Override
  public void putChild(Child child, long id, long thing, String note) {
    database.update("insert into " + table(child) + " values (?, ?, ?)", id, thing, note);
  }

  @Override
  public void widenValue() {
    harness.widenValue();
  }

  @Override
  public List<List<Object>> ledger() {
    return database.query(
        "select "
            + harness.ownText("id")
            + ", state from "
            + harness.ownTable("ledger")
            + " order by 1");
  }

  @Override
  public long held() {
    return database.number("select count(*) from " + harness.ownTable("held"));
  }

  @Override
  public void clear() {
    database.execute("delete from follower", "delete from stayer", "delete from thing");
    for (String table : List.of("ledger", "applier_offset", "held")) {
      database.execute("delete from " + harness.ownTable(table));
    }
  }
}
