package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.jdbc.HandlerTarget;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.Database;
import java.math.BigDecimal;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * What {@link SqlTargetContract} needs to know about one engine. One harness serves one test; its
 * database is empty.
 */
public interface SqlTargetHarness extends TargetHarness {
  /** The database, as an owner sees it. */
  Database database();

  @Override
  default void createItems() {
    database()
        .execute(
            "create table item (id bigint primary key, name varchar(20), amount decimal(12,2), note varchar(100))");
  }

  @Override
  default Target itemTarget() {
    return target().mirror("item", "item").build();
  }

  @Override
  default String items() {
    StringBuilder text = new StringBuilder();
    for (List<?> row : database().query("select id, name, amount, note from item order by id")) {
      text.append(row);
    }
    return text.toString();
  }

  @Override
  default void putItem(long id, String name, String amount, String note) {
    database()
        .update("insert into item values (?, ?, ?, ?)", id, name, new BigDecimal(amount), note);
  }

  @Override
  default void removeItems() {
    database().execute("delete from item");
  }

  @Override
  default void widenNames() {
    database()
        .execute("alter table item drop column name", "alter table item add name varchar(50)");
  }

  /** Makes column {@code value} of table {@code thing} 64 bits wide. */
  default void widenValue() {
    database().execute("alter table thing add wide bigint");
    database().execute("update thing set wide = value");
    database().execute("alter table thing drop column value", "alter table thing add value bigint");
    database().execute("update thing set value = wide", "alter table thing drop column wide");
  }

  @Override
  default void moveOffset(long next) {
    database().execute("update " + ownTable("applier_offset") + " set next_offset = " + next);
  }

  @Override
  default void createAccounts(boolean optionalEmail) {
    database()
        .execute(
            "create table account (id bigint primary key, email varchar(50) %s unique, nr int not null unique, name varchar(20) not null)"
                .formatted(optionalEmail ? "" : "not null"));
  }

  @Override
  default Target accountTarget() {
    return target().mirror("account", "account").build();
  }

  @Override
  default String accounts() {
    return database().query("select id, email, nr, name from account order by id").toString();
  }

  @Override
  default Target handling(String entity, Consumer<ChangeEvent> handler) {
    return handlers().handle(entity, handler).build();
  }

  /** A target builder over the database. */
  default JdbcTarget.Builder target() {
    return target(database().dataSource());
  }

  /** A target builder over the database as another user, or another way, reaches it. */
  JdbcTarget.Builder target(DataSource dataSource);

  /** Makes the server refuse a user's next connections, or take them again. */
  void letIn(Database user, boolean in);

  /** A handler target that remembers in the database. */
  HandlerTarget handlers();

  /** Name of one of the library's own tables. */
  String ownTable(String plainName);

  /**
   * From now on the first insert of a held event of that entity fails as if the server went away;
   * later ones go through.
   */
  void failFirstHold(String entity);

  /** The engine's type for exact points in time with microseconds. */
  String instantType();

  /** The engine's type for bytes. */
  String bytesType();

  /** The engine's type for UUIDs. */
  String uuidType();

  /** The engine's JSON type. */
  String jsonType();

  /**
   * A text type whose collation takes {@code abc} and {@code ABC} for the same; makes what it needs
   * in the database.
   */
  String caselessType();

  /** An expression that reads a text column of the library's own tables. */
  String ownText(String column);
}
