package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.Unreadable;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.testkit.Database;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every SQL target must do besides. */
public abstract class SqlTargetContract extends TargetContract {
  private SqlTargetHarness harness;
  private Database database;
  private Events items;

  @Override
  protected abstract SqlTargetHarness harness();

  @BeforeEach
  final void open() {
    harness = harness();
    database = harness.database();
    items = events("item");
  }

  @Override
  protected final void cutConnections() {
    cutOtherConnections(database);
  }

  @Test
  void a_batch_of_which_a_part_is_committed_goes_on_behind_that_part() throws Exception {
    start(harness.itemTarget()).close(); // makes the tables
    harness.failFirstHold("millrace.unreadable");
    ChangeEvent refused = items.created(1, "name", "far too long for the column it goes to");
    items.send(refused, items.created(2, "name", "two"));
    items.sendBytes(refused.routingKey(), new byte[] {-1, 7});
    items.send(items.created(3, "name", "three"));
    List<Exception> failures = Collections.synchronizedList(new ArrayList<>());
    Applier applier =
        start(
            builder(harness.itemTarget())
                .onUnreadable(Unreadable.HOLD)
                .listener(
                    new ApplierListener() {
                      @Override
                      public void failed(Exception error) {
                        failures.add(error);
                      }
                    }));
    ApplierStatus status = caughtUp(applier);
    assertEquals(1, failures.size(), failures::toString);
    String failure = failures.get(0).toString();
    assertTrue(failure.contains("gone"), failure);
    // Some drivers put the whole statement into their message, values and all.
    assertFalse(failure.contains("INSERT"), failure);
    assertEquals(ApplierState.RUNNING, status.state(), status::toString);
    assertEquals(2, status.held(), status::toString);
    assertEquals(0, status.duplicates(), status::toString);
    assertEquals("[2, two, null, null][3, three, null, null]", harness.items());
  }

  @Test
  void only_mapped_columns_are_written() throws Exception {
    database.execute(
        "create table part (nr bigint primary key, remark varchar(50), own varchar(50) default 'mine' not null)");
    database.execute("insert into part values (1, 'x', 'untouched')");
    items.send(
        items.updated(1, "name", "n", "note", "changed"),
        items.created(2, "name", "n", "note", "made"),
        items.created(3, "name", "n", "note", "z"));
    items.send(items.deleted(3));
    caughtUp(
        start(
            harness
                .target()
                .mirror("item", "part", m -> m.rename("id", "nr").rename("note", "remark"))
                .build()));
    assertEquals(
        "[[1, changed, untouched], [2, made, mine]]",
        database.query("select nr, remark, own from part order by nr").toString());
  }

  @Test
  void a_row_made_anew_with_some_of_its_fields_has_none_of_the_deleted_one() throws Exception {
    items.send(items.created(1, "name", "old", "amount", 1, "note", "old"));
    Applier first = start(harness.itemTarget());
    caughtUp(first);
    first.close();
    items.send(items.updated(1, "name", "newer", "amount", 2, "note", "newer"), items.deleted(1));
    items.send(
        items
            .event(ChangeType.CREATED, 1)
            .newValue(
                Row.builder()
                    .put("id", Value.of(1))
                    .put("name", Value.of("new"))
                    .partial(true)
                    .build())
            .build());
    caughtUp(start(harness.itemTarget()));
    assertEquals("[1, new, null, null]", harness.items());
  }

  @Test
  void a_child_before_its_parent_is_held_and_applied_once_the_parent_is_there() throws Exception {
    database.execute(
        "create table child (id bigint primary key, item_id bigint not null references item(id), n int)");
    Target target = harness.target().mirror("item", "item").mirror("child", "child").build();
    Events children = events("child");
    children.send(
        children.created(7, "item_id", 1, "n", 1), children.updated(7, "item_id", 1, "n", 2));
    items.send(items.created(2, "name", "other", "amount", 1, "note", "n"));
    Applier applier = start(target);
    ApplierStatus waiting = caughtUp(applier);
    if (waiting.held() == 0) { // an engine may check references in the column only as a comment
      return;
    }
    assertEquals(2, waiting.held());
    assertEquals("[2, other, 1.00, n]", harness.items());
    List<HeldKey> held = applier.held();
    assertEquals(1, held.size());
    assertEquals(new EntityKey("child", "7"), held.get(0).key());
    items.send(items.created(1, "name", "parent", "amount", 1, "note", "n"));
    await(() -> applier.status().held() == 0);
    assertEquals("[[7, 1, 2]]", database.query("select id, item_id, n from child").toString());
    assertEquals(0, database.number("select count(*) from " + harness.ownTable("held")));
  }

  @Test
  void a_key_that_changes_its_case_only_moves_the_row_whichever_event_comes_first()
      throws Exception {
    database.execute("create table word (id " + harness.caselessType() + " primary key, n int)");
    Events words = events("word");
    words.send(words.created("abc", "n", 1), words.created("def", "n", 2));
    Applier applier = start(harness.target().mirror("word", "word").build());
    caughtUp(applier);
    words.send(words.deleted("abc"), words.created("ABC", "n", 3));
    ChangeEvent gone = words.deleted("def");
    words.send(words.created("DEF", "n", 4), words.updated("DEF", "n", 5), gone);
    caughtUp(applier);
    await(() -> applier.status().held() == 0);
    assertEquals(
        "[[3, ABC], [5, DEF]]", database.query("select n, id from word order by n").toString());
    words.send(words.deleted("abc"), words.updated("DEF", "n", 6));
    caughtUp(applier);
    assertEquals(
        "[[3, ABC], [6, DEF]]", database.query("select n, id from word order by n").toString());
  }

  @Test
  void two_keys_that_the_target_takes_for_one_never_meet_in_one_row() throws Exception {
    database.execute("create table word (id " + harness.caselessType() + " primary key, n int)");
    Events words = events("word");
    words.send(
        words.created("abc", "n", 1), words.created("ABC", "n", 2), words.updated("abc", "n", 3));
    Applier applier = start(harness.target().mirror("word", "word").build());
    assertEquals(1, caughtUp(applier).held());
    words.send(words.updated("ABC", "n", 4), words.deleted("Abc"));
    assertEquals(2, caughtUp(applier).held());
    assertEquals("[[3, abc]]", database.query("select n, id from word").toString());
    assertEquals(new EntityKey("word", "ABC"), applier.held().get(0).key());
    words.send(words.deleted("abc"));
    await(() -> applier.status().held() == 0);
    assertEquals("[[4, ABC]]", database.query("select n, id from word").toString());
  }

  @Test
  void what_a_foreign_key_refers_to_is_never_given_up_for_an_exchange() throws Exception {
    harness.createAccounts(true);
    Target target = harness.accountTarget();
    database.execute(
        "create table mail (id int primary key, owner varchar(50),"
            + " foreign key (owner) references account (email) on update cascade)");
    Events accounts = events("account");
    accounts.send(account(accounts, 1, "a@x", 1), account(accounts, 2, "b@x", 2));
    Applier applier = start(target);
    caughtUp(applier);
    database.execute("insert into mail values (1, 'a@x'), (2, 'b@x')");
    accounts.send(account(accounts, 1, "b@x", 1), account(accounts, 2, "a@x", 2));
    await(() -> applier.status().held() == 2 && applier.held().get(0).attempts() > 2);
    assertEquals(
        "[[1, a@x], [2, b@x]]",
        database.query("select id, owner from mail order by id").toString());
  }

  @Test
  void what_is_held_waits_in_order_over_restarts_while_other_keys_go_on() throws Exception {
    database.execute(
        "create table child (id bigint primary key, item_id bigint not null, n int,"
            + " foreign key (item_id) references item (id))");
    Target target = harness.target().mirror("item", "item").mirror("child", "child").build();
    Events children = events("child");
    children.send(children.created(7, "item_id", 1, "n", 1));
    Applier first = start(target);
    caughtUp(first);
    first.close();
    children.send(
        children.updated(7, "item_id", 1, "n", 2), children.updated(8, "item_id", 1, "n", 1));
    items.send(items.created(2, "name", "other", "amount", 1, "note", "n"));
    Applier second = start(target);
    assertEquals(3, caughtUp(second).held());
    assertEquals("[2, other, 1.00, n]", harness.items());
    second.close();
    List<String> applied = Collections.synchronizedList(new ArrayList<>());
    ApplierListener listener =
        new ApplierListener() {
          @Override
          public void applied(List<ChangeEvent> events) {
            events.forEach(event -> applied.add(event.entity() + event.id() + event.type()));
          }
        };
    // The third instance meets the parent and one more event of the waiting key at once.
    items.send(items.created(1, "name", "parent", "amount", 1, "note", "n"));
    children.send(children.updated(7, "item_id", 1, "n", 3));
    Applier third = start(builder(target).listener(listener));
    await(() -> third.status().held() == 0 && !applied.isEmpty());
    caughtUp(third);
    assertEquals(
        "[[7, 3], [8, 1]]", database.query("select id, n from child order by id").toString());
    List<String> sevens = applied.stream().filter(event -> event.startsWith("child7")).toList();
    assertEquals(List.of("child7CREATED", "child7UPDATED", "child7UPDATED"), sevens);
  }

  @Test
  void values_are_stored_exactly() throws Exception {
    database.execute(
        "create table kind (id bigint primary key, big decimal(30,10), at "
            + harness.instantType()
            + ", day date, data "
            + harness.bytesType()
            + ", code "
            + harness.uuidType()
            + ", doc "
            + harness.jsonType()
            + ", flag boolean, wide double precision, text varchar(50))");
    Events kinds = events("kind");
    UUID code = UUID.fromString("01234567-89ab-4def-8123-456789abcdef");
    kinds.send(
        kinds.created(
            Long.MAX_VALUE,
            "big",
            new BigDecimal("-12345678901234567890.0123456789"),
            "at",
            Value.TimestampValue.of(Instant.parse("2024-03-31T01:30:00.123456Z")),
            "day",
            new Value.DateValue(19_000),
            "data",
            Value.of(new byte[] {0, -1, 39, 92}),
            "code",
            Value.of(code),
            "doc",
            new Value.JsonValue("{\"a\": [1, \"\\u00e9'\\\\\"]}"),
            "flag",
            Value.of(true),
            "wide",
            new Value.DoubleValue(0.1 + 0.2),
            "text",
            "\u00e9\ud83d\ude00'\\"));
    Applier applier = start(harness.target().mirror("kind", "kind").build());
    ApplierStatus status = caughtUp(applier);
    assertEquals(0, status.held(), () -> applier.held().toString());
    List<?> row = database.query("select id, big, wide, text, day from kind").get(0);
    assertEquals(
        "[9223372036854775807, -12345678901234567890.0123456789, 0.30000000000000004, \u00e9\ud83d\ude00'\\, 2022-01-08]",
        row.toString());
    assertEquals(1, database.number("select count(*) from kind where flag"));
    assertEquals("2024-03-31 01:30:00.123456", readInstant("kind", "at"));
  }

  /** The column's text in UTC, with microseconds. */
  protected abstract String readInstant(String table, String column);

  @Test
  void a_ledger_row_of_a_newer_release_stops_the_applier_by_name() throws Exception {
    items.send(items.created(1, "name", "one", "amount", 1, "note", "n"));
    Applier first = start(harness.itemTarget());
    caughtUp(first);
    first.close();
    items.send(items.updated(1, "name", "two", "amount", 1, "note", "n"));
    assertEquals("[1, one, 1.00, n]", harness.items());
    stopsAtFormat("ledger");
    assertEquals("[1, two, 1.00, n]", harness.items());
  }

  @Test
  void a_held_event_of_a_newer_release_stops_the_applier_by_name() throws Exception {
    items.send(items.created(1, "name", "x".repeat(30), "amount", 1, "note", "n"));
    Applier first = start(harness.itemTarget());
    assertEquals(1, caughtUp(first).held());
    first.close();
    stopsAtFormat("held");
    assertEquals(1, database.number("select count(*) from " + harness.ownTable("held")));
  }

  /** Rows of a newer release are refused; with the format put back, all goes on. */
  private void stopsAtFormat(String table) throws Exception {
    String own = harness.ownTable(table);
    database.execute("update " + own + " set format = 9");
    Applier second = start(harness.itemTarget());
    await(() -> second.status().state() == ApplierState.FAILED);
    String error = second.status().lastError().orElse("");
    assertTrue(error.contains(own) && error.contains("format 9"), error);
    assertTrue(error.contains("newer one"), error);
    second.close();
    database.execute("update " + own + " set format = 1");
    Applier third = start(harness.itemTarget());
    caughtUp(third);
    assertEquals(ApplierState.RUNNING, third.status().state(), () -> third.status().toString());
  }

  @Test
  void the_ledger_names_the_rows_that_were_written() throws Exception {
    items.send(
        items.created(1, "name", "a", "amount", 1, "note", "n"),
        items.created(2, "name", "a", "amount", 1, "note", "n"));
    Applier applier = start(harness.itemTarget());
    caughtUp(applier);
    items.send(items.deleted(2));
    caughtUp(applier);
    String sql =
        "select %s, %s, state from %s order by id"
            .formatted(
                harness.ownText("id"), harness.ownText("mark_key"), harness.ownTable("ledger"));
    assertEquals(
        "[[1, " + markKey(1) + ", 1], [2, " + markKey(2) + ", 2]]", database.query(sql).toString());
  }

  @Test
  void a_batch_with_children_before_their_parents_is_written_as_a_whole() throws Exception {
    database.execute(
        "create table child (id bigint primary key, item_id bigint not null, n int,"
            + " foreign key (item_id) references item (id))");
    Events children = events("child");
    children.send(children.created(7, "item_id", 1, "n", 1));
    items.send(items.created(1, "name", "parent", "amount", 1, "note", "n"));
    List<String> held = Collections.synchronizedList(new ArrayList<>());
    ApplierListener listener =
        new ApplierListener() {
          @Override
          public void held(ChangeEvent event, String error) {
            held.add(event + ": " + error);
          }
        };
    Target target = harness.target().mirror("child", "child").mirror("item", "item").build();
    Applier applier = start(builder(target).listener(listener));
    caughtUp(applier);
    assertEquals(List.of(), held);
    children.send(children.deleted(7));
    items.send(items.deleted(1));
    caughtUp(applier);
    assertEquals(List.of(), held);
    assertEquals("", harness.items());
  }

  /** Ends all connections to the database but the one that does it. */
  protected abstract void cutOtherConnections(Database database);

  /** What {@code mark_key} holds for a key of one number. */
  protected abstract String markKey(long id);
}
