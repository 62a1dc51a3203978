package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierBuilder;
import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.FirstOffset;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every SQL target must do in mirror mode, over an in-process channel and a real server. */
public abstract class TargetContract {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(1).build();
  private final Publisher publisher = transport.publisher();
  private final List<Applier> appliers = new ArrayList<>();
  private final Events items = new Events(publisher, "item");
  private TargetHarness harness;
  private Database database;

  /** A harness with an empty database. */
  protected abstract TargetHarness harness();

  @BeforeEach
  final void create() {
    harness = harness();
    database = harness.database();
    database.execute(
        "create table item (id bigint primary key, name varchar(20), amount decimal(12,2), note varchar(100))");
  }

  @AfterEach
  final void close() {
    appliers.forEach(Applier::close);
    publisher.close();
  }

  private Target itemTarget() {
    return harness.target().mirror("item", "item").build();
  }

  private ApplierBuilder builder(Target target) {
    return Applier.builder("test-in")
        .service("shop")
        .from(transport.subscriber("shop"))
        .to(target)
        .maxWait(Duration.ofMillis(20))
        .onRejected(Rejection.hold().retryEvery(Duration.ofMillis(50)));
  }

  /** Makes events of an entity for the channel that {@link #start} reads. */
  protected final Events events(String entity) {
    return new Events(publisher, entity);
  }

  /** An applier that holds what is refused; the contract closes it. */
  protected final Applier start(Target target) {
    return start(builder(target));
  }

  private Applier start(ApplierBuilder builder) {
    Applier applier = builder.build();
    appliers.add(applier);
    applier.start();
    return applier;
  }

  /** Waits until all is applied or held. */
  protected static final ApplierStatus caughtUp(Applier applier) throws InterruptedException {
    assertTrue(applier.awaitCaughtUp(LIMIT), () -> "not caught up: " + applier.status());
    return applier.status();
  }

  private String items() {
    StringBuilder text = new StringBuilder();
    for (List<?> row : database.query("select id, name, amount, note from item order by id")) {
      text.append(row);
    }
    return text.toString();
  }

  @Test
  void rows_are_created_updated_and_deleted() throws Exception {
    items.send(
        items.created(1, "name", "one", "amount", new BigDecimal("1.50"), "note", "a"),
        items.created(2, "name", "two", "amount", new BigDecimal("2.00"), "note", Value.NULL));
    Applier applier = start(itemTarget());
    caughtUp(applier);
    assertEquals("[1, one, 1.50, a][2, two, 2.00, null]", items());
    items.send(items.updated(1, "name", "uno", "amount", Value.NULL, "note", ""), items.deleted(2));
    ApplierStatus status = caughtUp(applier);
    assertEquals("[1, uno, null, ]", items());
    assertEquals(4, status.applied());
    assertTrue(status.healthy(), status::toString);
  }

  @Test
  void an_insert_of_an_existing_row_updates_it_and_an_update_of_a_missing_row_creates_it()
      throws Exception {
    database.execute("insert into item values (1, 'old', 9, 'old')");
    items.send(
        items.created(1, "name", "new", "amount", 1, "note", "n"),
        items.updated(2, "name", "made", "amount", 2, "note", "m"),
        items.deleted(3));
    caughtUp(start(itemTarget()));
    assertEquals("[1, new, 1.00, n][2, made, 2.00, m]", items());
  }

  @Test
  void applying_twice_is_applying_once_and_older_events_change_nothing() throws Exception {
    ChangeEvent first = items.created(1, "name", "first", "amount", 1, "note", "n");
    ChangeEvent second = items.updated(1, "name", "second", "amount", 2, "note", "n");
    ChangeEvent gone = items.created(2, "name", "x", "amount", 2, "note", "n");
    ChangeEvent deletion = items.deleted(2);
    items.send(first, second, first, gone, deletion, second);
    Applier applier = start(itemTarget());
    caughtUp(applier);
    items.send(
        first, second, gone,
        deletion); // a restarted publisher sends again; the tombstone keeps row 2 away
    ApplierStatus status = caughtUp(applier);
    assertEquals("[1, second, 2.00, n]", items());
    assertEquals(4, status.applied());
    assertEquals(6, status.duplicates());
  }

  @Test
  void partial_rows_change_only_what_they_have() throws Exception {
    database.execute("insert into item values (1, 'keep', 9, 'old')");
    Row partial =
        Row.builder().put("id", Value.of(1)).put("note", Value.of("new")).partial(true).build();
    items.send(
        items
            .event(ChangeType.UPDATED, 1)
            .newValue(partial)
            .changedFields(List.of("note"))
            .build());
    caughtUp(start(itemTarget()));
    assertEquals("[1, keep, 9.00, new]", items());
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
  void a_restart_goes_on_at_the_stored_offset() throws Exception {
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    Applier first = start(itemTarget());
    caughtUp(first);
    first.close();
    assertEquals(ApplierState.CLOSED, first.status().state());
    database.execute("delete from item");
    items.send(items.created(2, "name", "b", "amount", 1, "note", "n"));
    ApplierStatus status = caughtUp(start(itemTarget()));
    assertEquals("[2, b, 1.00, n]", items());
    assertEquals(1, status.applied());
    assertEquals(0, status.duplicates());
  }

  @Test
  void a_child_before_its_parent_is_held_and_applied_once_the_parent_is_there() throws Exception {
    database.execute(
        "create table child (id bigint primary key, item_id bigint not null references item(id), n int)");
    Target target = harness.target().mirror("item", "item").mirror("child", "child").build();
    Events children = new Events(publisher, "child");
    children.send(
        children.created(7, "item_id", 1, "n", 1), children.updated(7, "item_id", 1, "n", 2));
    items.send(items.created(2, "name", "other", "amount", 1, "note", "n"));
    Applier applier = start(target);
    ApplierStatus waiting = caughtUp(applier);
    if (waiting.held() == 0) { // an engine may check references in the column only as a comment
      return;
    }
    assertEquals(2, waiting.held());
    assertEquals("[2, other, 1.00, n]", items());
    List<HeldKey> held = applier.held();
    assertEquals(1, held.size());
    assertEquals(new EntityKey("child", "7"), held.get(0).key());
    items.send(items.created(1, "name", "parent", "amount", 1, "note", "n"));
    await(() -> applier.status().held() == 0);
    assertEquals("[[7, 1, 2]]", database.query("select id, item_id, n from child").toString());
    assertEquals(0, database.number("select count(*) from " + harness.ownTable("held")));
  }

  @Test
  void a_value_that_does_not_fit_is_held_and_never_cut() throws Exception {
    items.send(
        items.created(1, "name", "much too long for twenty characters", "amount", 1, "note", "n"),
        items.created(2, "name", "fits", "amount", 1, "note", "n"));
    Applier applier = start(itemTarget());
    caughtUp(applier);
    items.send(items.updated(1, "name", "and later still much too long", "amount", 1, "note", "n"));
    caughtUp(applier);
    assertEquals("[2, fits, 1.00, n]", items());
    await(() -> applier.held().get(0).attempts() > 1);
    assertEquals(2, applier.held().get(0).events());
    assertFalse(applier.replay(new EntityKey("item", "1")));
    assertTrue(applier.discard(new EntityKey("item", "1")));
    items.send(items.updated(1, "name", "later", "amount", 1, "note", "n"));
    caughtUp(applier);
    assertEquals("[1, later, 1.00, n][2, fits, 1.00, n]", items());
  }

  @Test
  void a_held_key_is_parked_after_its_limit_and_can_be_replayed() throws Exception {
    items.send(
        items.created(1, "name", "much too long for twenty characters", "amount", 1, "note", "n"));
    Applier applier =
        start(
            builder(itemTarget())
                .onRejected(
                    Rejection.hold()
                        .parkAfter(Duration.ofMillis(1))
                        .retryEvery(Duration.ofMillis(20))));
    await(() -> applier.status().parkedKeys() == 1);
    assertFalse(applier.status().healthy());
    database.execute("alter table item drop column name", "alter table item add name varchar(50)");
    items.send(items.updated(1, "name", "short", "amount", 1, "note", "n"));
    caughtUp(applier);
    assertEquals(2, applier.status().held(), "what comes later waits behind it");
    assertTrue(applier.replay(new EntityKey("item", "1")));
    assertEquals("[[1, short]]", database.query("select id, name from item").toString());
    assertTrue(applier.status().healthy());
  }

  @Test
  void stopping_at_the_first_refusal_loses_nothing() throws Exception {
    items.send(
        items.created(1, "name", "much too long for twenty characters", "amount", 1, "note", "n"));
    Applier applier = start(builder(itemTarget()).onRejected(Rejection.stop()));
    await(() -> applier.status().state() == ApplierState.FAILED);
    database.execute("alter table item drop column name", "alter table item add name varchar(50)");
    caughtUp(start(itemTarget()));
    assertEquals(1, database.number("select count(*) from item"));
  }

  @Test
  void another_owner_of_the_partition_is_not_overwritten() throws Exception {
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    Applier applier = start(itemTarget());
    caughtUp(applier);
    // Somebody else moved on: what this one believes is stored is wrong, so it must join again and
    // go on from there.
    database.execute("update " + harness.ownTable("applier_offset") + " set next_offset = 2");
    items.send(
        items.created(2, "name", "skipped", "amount", 1, "note", "n"),
        items.created(3, "name", "b", "amount", 1, "note", "n"));
    caughtUp(applier);
    assertEquals("[1, a, 1.00, n][3, b, 1.00, n]", items());
  }

  @Test
  void a_row_is_matched_by_its_key_and_by_no_other_unique_index() throws Exception {
    database.execute(
        "create table account (id bigint primary key, email varchar(50) unique, name varchar(20))");
    Events accounts = new Events(publisher, "account");
    accounts.send(accounts.created(1, "email", "a@x", "name", "first"));
    Applier applier = start(harness.target().mirror("account", "account").build());
    caughtUp(applier);
    accounts.send(accounts.created(2, "email", "a@x", "name", "second"));
    assertEquals(1, caughtUp(applier).held());
    assertEquals(
        "[[1, a@x, first]]", database.query("select id, email, name from account").toString());
    accounts.send(accounts.deleted(1));
    await(() -> applier.status().held() == 0);
    assertEquals(
        "[[2, a@x, second]]", database.query("select id, email, name from account").toString());
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

  private Target accountTarget(String emailType) {
    database.execute(
        "create table account (id bigint primary key, email %s, nr int not null unique, name varchar(20) not null)"
            .formatted(emailType));
    return harness.target().mirror("account", "account").build();
  }

  private String accounts() {
    return database.query("select id, email, nr from account order by id").toString();
  }

  private static ChangeEvent account(Events accounts, int id, String email, int nr) {
    return accounts.updated(id, "email", email, "nr", nr, "name", "n" + id);
  }

  @Test
  void rows_exchange_unique_values_in_one_batch_and_over_several() throws Exception {
    Target target = accountTarget("varchar(50) unique");
    Events accounts = events("account");
    accounts.send(account(accounts, 1, "a@x", 1), account(accounts, 2, "b@x", 2));
    accounts.send(account(accounts, 3, "c@x", 3), account(accounts, 4, "d@x", 4));
    Applier applier = start(target);
    caughtUp(applier);
    accounts.send(account(accounts, 1, "b@x", 2), account(accounts, 2, "a@x", 1));
    await(() -> accounts().startsWith("[[1, b@x, 2], [2, a@x, 1],"));
    applier.close();
    accounts.send(account(accounts, 1, "c@x", 3), account(accounts, 2, "b@x", 2));
    accounts.send(account(accounts, 3, "a@x", 1), account(accounts, 2, "b2@x", 2));
    Applier single = start(builder(target).batchSize(1));
    await(() -> accounts().equals("[[1, c@x, 3], [2, b2@x, 2], [3, a@x, 1], [4, d@x, 4]]"));
    await(() -> single.status().held() == 0);
    assertTrue(single.status().healthy(), () -> single.status().toString());
  }

  @Test
  void an_exchange_waits_for_all_it_needs_and_who_waits_for_something_else_stays()
      throws Exception {
    Target target = accountTarget("varchar(50) not null unique");
    Events accounts = events("account");
    accounts.send(account(accounts, 1, "a@x", 1), account(accounts, 2, "b@x", 2));
    accounts.send(account(accounts, 3, "c@x", 3), account(accounts, 4, "d@x", 4));
    caughtUp(start(target));
    appliers.get(0).close();
    // 5 wants what 4 has and keeps; 1 and 2 exchange, 1 with a later event behind.
    accounts.send(account(accounts, 5, "d@x", 5), account(accounts, 1, "b@x", 1));
    Applier applier = start(target);
    assertEquals(2, caughtUp(applier).held());
    await(() -> applier.held().size() == 2 && applier.held().get(1).attempts() > 2);
    accounts.send(account(accounts, 1, "b@x", 9), account(accounts, 2, "a@x", 2));
    await(() -> applier.status().held() == 1);
    assertEquals("[[1, b@x, 9], [2, a@x, 2], [3, c@x, 3], [4, d@x, 4]]", accounts());
    assertEquals(new EntityKey("account", "5"), applier.held().get(0).key());
    assertEquals(4, database.number("select count(*) from account where name like 'n%'"));
  }

  @Test
  void parked_keys_that_exchange_a_value_go_with_a_replay_of_one_of_them() throws Exception {
    Target target = accountTarget("varchar(50) unique");
    Events accounts = events("account");
    accounts.send(account(accounts, 1, "a@x", 1), account(accounts, 2, "b@x", 2));
    Rejection soon =
        Rejection.hold().parkAfter(Duration.ofMillis(1)).retryEvery(Duration.ofMillis(20));
    Applier applier = start(builder(target).onRejected(soon));
    caughtUp(applier);
    accounts.send(account(accounts, 1, "b@x", 1));
    await(() -> applier.status().parkedKeys() == 1);
    accounts.send(account(accounts, 2, "a@x", 2));
    await(() -> applier.status().parkedKeys() == 2);
    assertTrue(applier.replay(new EntityKey("account", "2")));
    assertEquals("[[1, b@x, 1], [2, a@x, 2]]", accounts());
    await(() -> applier.status().healthy());
  }

  @Test
  void what_a_foreign_key_refers_to_is_never_given_up_for_an_exchange() throws Exception {
    Target target = accountTarget("varchar(50) unique");
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
    caughtUp(start(target));
    appliers.get(0).close();
    children.send(
        children.updated(7, "item_id", 1, "n", 2), children.updated(8, "item_id", 1, "n", 1));
    items.send(items.created(2, "name", "other", "amount", 1, "note", "n"));
    Applier second = start(target);
    assertEquals(3, caughtUp(second).held());
    assertEquals("[2, other, 1.00, n]", items());
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
    Events kinds = new Events(publisher, "kind");
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
  void every_problem_of_a_mapping_is_named_at_the_start() {
    database.execute("create table nokey (a int)");
    Target target =
        harness
            .target()
            .mirror("item", "item", m -> m.columns("id", "nonsense"))
            .mirror("gone", "no_such_table")
            .mirror("nokey", "nokey")
            .build();
    Applier applier = builder(target).build();
    ConfigurationException problems = assertThrows(ConfigurationException.class, applier::start);
    assertEquals(3, problems.problems().size(), problems::getMessage);
  }

  @Test
  void a_first_start_with_the_newest_event_is_remembered_before_anything_was_applied()
      throws Exception {
    items.send(items.created(1, "name", "before", "amount", 1, "note", "n"));
    Applier first = start(builder(itemTarget()).firstStart(FirstOffset.NEWEST));
    caughtUp(first);
    first.close();
    items.send(items.created(2, "name", "between", "amount", 1, "note", "n"));
    caughtUp(start(builder(itemTarget()).firstStart(FirstOffset.NEWEST)));
    assertEquals("[2, between, 1.00, n]", items());
  }

  @Test
  void an_unmapped_entity_stops_the_applier_after_what_came_before() throws Exception {
    Events others = new Events(publisher, "other");
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    others.send(others.created(1, "x", 1));
    Applier applier = start(itemTarget());
    await(() -> applier.status().state() == ApplierState.FAILED);
    assertTrue(
        applier.status().lastError().orElse("").contains("'other'"),
        () -> applier.status().toString());
    assertEquals("[1, a, 1.00, n]", items());
  }

  @Test
  void a_truncation_empties_the_table_and_what_comes_later_stays() throws Exception {
    ChangeEvent before = items.created(1, "name", "a", "amount", 1, "note", "n");
    items.send(before);
    items.send(items.event(ChangeType.TRUNCATED, 0).key(Row.empty()).id("").build());
    items.send(items.created(2, "name", "b", "amount", 1, "note", "n"), before);
    caughtUp(start(itemTarget()));
    assertEquals("[2, b, 1.00, n]", items());
  }

  @Test
  void a_changed_key_moves_the_row() throws Exception {
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    Row moved = Events.row("id", 2, "name", "a", "amount", 1, "note", "n");
    items.send(items.event(ChangeType.DELETED, 1).previousKey(Events.row("id", 2)).build());
    items.send(
        items
            .event(ChangeType.CREATED, 2)
            .previousKey(Events.row("id", 1))
            .newValue(moved)
            .build());
    caughtUp(start(itemTarget()));
    assertEquals("[2, a, 1.00, n]", items());
  }

  @Test
  void the_ledger_names_the_rows_that_were_written() throws Exception {
    items.send(
        items.created(1, "name", "a", "amount", 1, "note", "n"),
        items.created(2, "name", "a", "amount", 1, "note", "n"));
    Applier applier = start(itemTarget());
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
    Events children = new Events(publisher, "child");
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
    assertEquals("", items());
  }

  @Test
  void a_cut_connection_is_made_anew_and_nothing_is_lost() throws Exception {
    items.send(items.created(1, "name", "a", "amount", 1, "note", "n"));
    Applier applier = start(itemTarget());
    caughtUp(applier);
    cutOtherConnections(database);
    items.send(items.created(2, "name", "b", "amount", 1, "note", "n"));
    await(() -> items().equals("[1, a, 1.00, n][2, b, 1.00, n]"));
    caughtUp(applier);
    await(() -> applier.status().healthy());
  }

  /** Ends all connections to the database but the one that does it. */
  protected abstract void cutOtherConnections(Database database);

  @Test
  void a_handler_is_called_in_order_and_its_refusals_hold_the_key() throws Exception {
    List<String> handled = Collections.synchronizedList(new ArrayList<>());
    AtomicBoolean refusing = new AtomicBoolean(true);
    Target target =
        harness
            .handlers()
            .handle(
                "item",
                event -> {
                  if (event.id().equals("1") && refusing.get()) {
                    throw new IllegalStateException("not yet");
                  }
                  handled.add(event.type() + " " + event.id());
                })
            .build();
    ChangeEvent second = items.created(2, "name", "b");
    items.send(items.created(1, "name", "a"), second, items.updated(1, "name", "b"), second);
    items.send(items.event(ChangeType.MESSAGE, 3).build());
    Applier applier = start(target);
    caughtUp(applier);
    assertEquals(List.of("CREATED 2", "MESSAGE 3"), handled);
    assertEquals(2, applier.status().held());
    refusing.set(false);
    await(() -> applier.status().held() == 0);
    assertEquals(List.of("CREATED 2", "MESSAGE 3", "CREATED 1", "UPDATED 1"), handled);
  }

  /** What {@code mark_key} holds for a key of one number. */
  protected abstract String markKey(long id);

  /** Waits until something is so. */
  protected static final void await(java.util.concurrent.Callable<Boolean> condition)
      throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.call()) {
      assertTrue(System.nanoTime() < deadline, "waited " + LIMIT + " in vain");
      Thread.sleep(5);
    }
  }
}
