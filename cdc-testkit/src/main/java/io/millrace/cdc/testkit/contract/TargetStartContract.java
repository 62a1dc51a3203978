package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierBuilder;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NetworkProxy;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;
import io.millrace.cdc.transport.Subscription;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every SQL target must find at an applier's start, all of it in one message, and what it must
 * wait for instead.
 */
public abstract class TargetStartContract {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(1).build();
  private final Publisher publisher = transport.publisher();
  private final List<Applier> appliers = new ArrayList<>();
  private final Events items = new Events(publisher, "item");
  private SqlTargetHarness harness;
  private Database database;

  /** A harness with an empty database. */
  protected abstract SqlTargetHarness harness();

  /** Ends all connections to the database but the one it asks on. */
  protected abstract void cutOtherConnections(Database database);

  @BeforeEach
  final void create() {
    harness = harness();
    database = harness.database();
    harness.createItems();
  }

  @AfterEach
  final void close() {
    appliers.forEach(Applier::close);
    publisher.close();
  }

  private Target itemTarget() {
    return harness.target().mirror("item", "item").build();
  }

  private Applier applier(Target target) {
    return applier(builder(target));
  }

  private Applier applier(ApplierBuilder builder) {
    Applier applier = builder.build();
    appliers.add(applier);
    return applier;
  }

  /** Whose start waits long enough for a busy machine. */
  private ApplierBuilder builder(Target target) {
    return Applier.builder("test-in")
        .service("shop")
        .from(transport.subscriber("shop"))
        .to(target)
        .maxWait(Duration.ofMillis(20))
        .startTimeout(LIMIT);
  }

  private Applier start(Target target) {
    Applier applier = applier(target);
    applier.start();
    return applier;
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    TargetContract.await(condition);
  }

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
    Applier applier = applier(target);
    ConfigurationException problems = assertThrows(ConfigurationException.class, applier::start);
    assertEquals(3, problems.problems().size(), problems::getMessage);
  }

  @Test
  void each_missing_right_is_named_at_the_start() {
    start(itemTarget()).close();
    List<String> rights = List.of("select", "insert", "update", "delete");
    for (String missing : rights) {
      String others = String.join(", ", rights.stream().filter(r -> !r.equals(missing)).toList());
      String problems = problemsOf(user(others, "select, insert, update, delete"));
      assertTrue(problems.contains("(1 problem)"), problems);
      assertTrue(problems.contains("table 'item'"), problems);
      assertTrue(problems.contains("may not " + missing.toUpperCase(Locale.ROOT)), problems);
      String own = problemsOf(user("select, insert, update, delete", others));
      assertTrue(own.contains("(4 problems)"), own);
      assertTrue(own.contains(harness.ownTable("ledger")), own);
      assertTrue(own.contains("GRANT " + missing.toUpperCase(Locale.ROOT) + " ON"), own);
    }
    start(itemTarget(user(String.join(", ", rights), String.join(", ", rights))));
  }

  private Target itemTarget(Database as) {
    return harness.target(as.dataSource()).mirror("item", "item").build();
  }

  /** Somebody with these rights on the table, and these on the library's own. */
  private Database user(String rights, String ownRights) {
    List<String> grants = new ArrayList<>(List.of(rights + " on item"));
    for (String table : List.of("ledger", "applier_offset", "held", "applier_heartbeat")) {
      grants.add(ownRights + " on " + harness.ownTable(table));
    }
    if (harness.ownTable("ledger").contains(".")) {
      grants.add("usage on schema " + harness.ownTable("ledger").replaceFirst("\\..*", ""));
    }
    return database.createUser("applier", grants.toArray(new String[0]));
  }

  private String problemsOf(Database user) {
    Applier applier = applier(itemTarget(user));
    return String.valueOf(assertThrows(ConfigurationException.class, applier::start).getMessage());
  }

  @Test
  void a_user_without_any_right_is_told_so_at_the_start() {
    start(itemTarget()).close();
    String problems = problemsOf(database.createUser("nobody", "select on item"));
    assertTrue(problems.contains("this library's tables"), problems);
    assertTrue(problems.contains("may not INSERT, UPDATE, DELETE it"), problems);
  }

  @Test
  void whom_the_server_does_not_let_in_cannot_start_and_is_named() {
    String everything = "select, insert, update, delete";
    start(itemTarget()).close();
    Database user = user(everything, everything);
    harness.letIn(user, false);
    String problems = problemsOf(user);
    assertTrue(problems.contains("refuses the connection"), problems);
    assertTrue(problems.contains(user.user()), problems);
    assertFalse(problems.contains(user.password()), problems);
  }

  @Test
  void who_was_let_in_before_waits_while_the_password_is_changed() throws Exception {
    String everything = "select, insert, update, delete";
    start(itemTarget()).close();
    Database user = user(everything, everything);
    Applier applier = start(itemTarget(user));
    items.send(items.created(1, "name", "one", "amount", Value.NULL, "note", Value.NULL));
    TargetContract.caughtUp(applier);
    harness.letIn(user, false);
    cutOtherConnections(database);
    items.send(items.created(2, "name", "two", "amount", Value.NULL, "note", Value.NULL));
    await(() -> applier.status().lastError().orElse("").contains("let in before"));
    assertEquals(ApplierState.RETRYING, applier.status().state());
    assertFalse(applier.status().healthy());
    harness.letIn(user, true);
    await(() -> database.number("select count(*) from item where name = 'two'") == 1);
    await(() -> applier.status().healthy());
  }

  @Test
  void what_target_and_channel_refuse_is_in_one_message_also_where_one_is_away() {
    Subscriber compacted = new RefusedSubscriber(transport.subscriber("shop"));
    Target target = harness.target().mirror("item", "no_such_table").build();
    Applier both = applier(builder(target).from(compacted));
    ConfigurationException problems = assertThrows(ConfigurationException.class, both::start);
    assertEquals(2, problems.problems().size(), problems::getMessage);
    assertTrue(problems.problems().toString().contains("compacted"), problems::getMessage);
    assertEquals(ApplierState.FAILED, both.status().state());
    try (NetworkProxy proxy = NetworkProxy.to(database.server())) {
      proxy.refuse();
      Target away = harness.target(database.dataSource(proxy)).mirror("item", "item").build();
      Applier one = applier(builder(away).from(compacted));
      assertThrows(ConfigurationException.class, one::start);
      Applier waiting = start(away);
      assertEquals(ApplierState.RETRYING, waiting.status().state());
      assertTrue(waiting.status().lastError().isPresent(), () -> waiting.status().toString());
      assertFalse(waiting.status().healthy());
      waiting.close();
    }
  }

  /** A channel with a setting that loses events. */
  private record RefusedSubscriber(Subscriber subscriber) implements Subscriber {
    @Override
    public String describe() {
      return subscriber.describe();
    }

    @Override
    public List<Finding> preflight() {
      return List.of(Finding.refused("compacted", "The topic is compacted.", "Do not."));
    }

    @Override
    public Subscription open(AssignmentListener listener) {
      return subscriber.open(listener);
    }
  }

  @Test
  void every_mistake_of_a_mapping_is_in_one_message() {
    JdbcTarget.Builder builder =
        harness
            .target()
            .mirror("item", "item", m -> m.columns("id", "id").rename("note", "id"))
            .ignore("item")
            .shared("order", "item", m -> m)
            .nest(new Nesting("order", "lines", "line", List.of("order_id"), List.of("id")));
    ConfigurationException problems = assertThrows(ConfigurationException.class, builder::build);
    assertEquals(6, problems.problems().size(), problems::getMessage);
    assertThrows(ConfigurationException.class, harness.target()::build);
  }
}
