package io.millrace.cdc.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldKey;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.Rejection;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every SQL target does with documents whose lists are the rows of a child table. */
public abstract class NestingContract {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Nesting LINES =
      new Nesting("order", "lines", "line", List.of("order_id"), List.of("order_id", "no"));

  private final InProcessTransport transport =
      InProcessTransport.builder().name("shop").partitions(1).build();
  private final Publisher publisher = transport.publisher();
  private final Events orders = new Events(publisher, "order");
  private final Events lines = new Events(publisher, "line");
  private final List<Applier> appliers = new ArrayList<>();
  private Database database;

  /** An empty database. */
  protected abstract Database newDatabase();

  /** A target builder over it. */
  protected abstract JdbcTarget.Builder target(Database database);

  @BeforeEach
  final void create() {
    database = newDatabase();
    database.execute(
        "create table orders (id bigint primary key, customer varchar(20), city varchar(20))",
        "create table lines_ (order_id bigint not null, no int not null, sku varchar(5) not null, price decimal(8,2),"
            + " primary key (order_id, no), foreign key (order_id) references orders (id))");
  }

  @AfterEach
  final void close() {
    appliers.forEach(Applier::close);
    publisher.close();
    database.drop();
  }

  private JdbcTarget target() {
    return target(database)
        .mirror("order", "orders", m -> m.columns("id", "customer").rename("delivery.city", "city"))
        .mirror("line", "lines_", m -> m.columns("order_id", "no", "sku", "price"))
        .nest(LINES)
        .build();
  }

  private Applier start(JdbcTarget target) {
    Applier applier =
        Applier.builder("nesting-in")
            .service("shop")
            .from(transport.subscriber("shop"))
            .to(target)
            .maxWait(Duration.ofMillis(20))
            .onRejected(Rejection.hold().retryEvery(Duration.ofMillis(50)))
            .build();
    appliers.add(applier);
    applier.start();
    return applier;
  }

  private static void caughtUp(Applier applier) throws InterruptedException {
    assertTrue(applier.awaitCaughtUp(LIMIT), () -> "not caught up: " + applier.status());
  }

  private static Value line(int no, String sku, String price) {
    return new Value.DocumentValue(
        Events.row("no", new Value.Int32Value(no), "sku", sku, "price", new BigDecimal(price)));
  }

  private static Value list(Value... elements) {
    return new Value.ListValue(List.of(elements));
  }

  private static Value city(String name) {
    return new Value.DocumentValue(Row.of("city", Value.of(name)));
  }

  private ChangeEvent changed(ChangeEvent whole, String... fields) {
    return whole.toBuilder().changedFields(List.of(fields)).build();
  }

  private String rows() {
    return database.query("select id, customer, city from orders order by id")
        + " "
        + database.query("select order_id, no, sku, price from lines_ order by order_id, no");
  }

  @Test
  void a_list_in_a_document_becomes_the_rows_of_the_child_table() throws Exception {
    orders.send(
        orders.created(
            1,
            "customer",
            "ann",
            "delivery",
            city("Bern"),
            "lines",
            list(line(1, "a", "1.00"), line(2, "b", "2.00"))));
    Applier applier = start(target());
    caughtUp(applier);
    assertEquals("[[1, ann, Bern]] [[1, 1, a, 1.00], [1, 2, b, 2.00]]", rows());
    orders.send(
        changed(
            orders.updated(
                1,
                "customer",
                "ann",
                "delivery",
                city("Basel"),
                "lines",
                list(line(2, "b", "2.50"), line(3, "c", "3.00"))),
            "delivery.city",
            "lines"));
    caughtUp(applier);
    assertEquals("[[1, ann, Basel]] [[1, 2, b, 2.50], [1, 3, c, 3.00]]", rows());
    orders.send(orders.deleted(1));
    caughtUp(applier);
    assertEquals("[] []", rows());
  }

  @Test
  void a_change_that_leaves_the_list_alone_leaves_its_rows_alone() throws Exception {
    orders.send(
        orders.created(
            1, "customer", "ann", "delivery", city("Bern"), "lines", list(line(1, "a", "1.00"))));
    Applier applier = start(target());
    caughtUp(applier);
    database.execute("insert into lines_ values (1, 9, 'own', 9)");
    orders.send(
        changed(
            orders.updated(
                1, "customer", "bea", "delivery", city("Bern"), "lines", list(line(1, "x", "9"))),
            "customer"));
    caughtUp(applier);
    assertEquals("[[1, bea, Bern]] [[1, 1, a, 1.00], [1, 9, own, 9.00]]", rows());
  }

  @Test
  void a_created_document_without_its_list_says_nothing_of_its_rows_and_a_list_taken_away_does()
      throws Exception {
    orders.send(
        orders.created(
            1, "customer", "ann", "delivery", city("Bern"), "lines", list(line(1, "a", "1"))),
        orders.created(
            2, "customer", "bea", "delivery", city("Bern"), "lines", list(line(1, "b", "1"))),
        orders.created(
            3, "customer", "cyd", "delivery", city("Bern"), "lines", list(line(1, "c", "1"))));
    Applier applier = start(target());
    caughtUp(applier);
    assertEquals(3, database.number("select count(*) from lines_"));
    // As an SQL source says it, which has the lines in a table of their own.
    orders.send(
        orders.created(1, "customer", "ann", "delivery", city("Bern")),
        orders.created(1, "customer", "amy", "delivery", city("Bern")).toBuilder()
            .type(ChangeType.SNAPSHOT)
            .build());
    orders.send(orders.created(2, "customer", "bea", "delivery", city("Bern"), "lines", list()));
    orders.send(changed(orders.updated(3, "customer", "cyd", "delivery", city("Bern")), "lines"));
    caughtUp(applier);
    assertEquals("[[1, 1, a, 1.00]]", database.query("select * from lines_").toString());
    assertEquals("amy", database.value("select customer from orders where id = 1"));
    // As a document that was replaced says it.
    orders.send(
        changed(
            orders.updated(1, "customer", "ada", "delivery", city("Bern")),
            "id",
            "customer",
            "delivery"));
    caughtUp(applier);
    assertEquals("[]", database.query("select * from lines_").toString());
    assertEquals("ada", database.value("select customer from orders where id = 1"));
  }

  @Test
  void several_changes_of_a_document_in_one_batch_end_as_the_last() throws Exception {
    ChangeEvent first =
        orders.created(
            1,
            "customer",
            "ann",
            "delivery",
            city("Bern"),
            "lines",
            list(line(1, "a", "1.00"), line(2, "b", "2.00")));
    ChangeEvent child =
        lines
            .event(ChangeType.CREATED, 0)
            .id("1,7")
            .key(Events.row("order_id", 1, "no", 7))
            .newValue(Events.row("order_id", 1, "no", 7, "sku", "g", "price", 7))
            .changedFields(List.of("order_id", "no", "sku", "price"))
            .version(Events.version(50))
            .log("other-1")
            .build();
    ChangeEvent last =
        orders.updated(
            1, "customer", "ann", "delivery", city("Bern"), "lines", list(line(2, "b", "2.00")));
    ChangeEvent other =
        orders.created(
            2, "customer", "cyd", "delivery", Value.NULL, "lines", list(line(1, "z", "1.00")));
    orders.send(first, child, other, last);
    caughtUp(start(target()));
    assertEquals("[[1, ann, Bern], [2, cyd, null]] [[1, 2, b, 2.00], [2, 1, z, 1.00]]", rows());
  }

  @Test
  void a_refused_element_holds_the_whole_document_and_its_children_wait_behind_it()
      throws Exception {
    orders.send(
        orders.created(
            1,
            "customer",
            "ann",
            "delivery",
            city("Bern"),
            "lines",
            list(line(1, "a", "1.00"), line(2, "too long", "2.00"))));
    orders.send(
        lines
            .event(ChangeType.UPDATED, 0)
            .id("1,1")
            .key(Events.row("order_id", 1, "no", 1))
            .newValue(Events.row("order_id", 1, "no", 1, "sku", "late", "price", 1))
            .changedFields(List.of("sku"))
            .version(Events.version(51))
            .log("other-1")
            .build());
    orders.send(orders.created(2, "customer", "bea", "delivery", city("Bern"), "lines", list()));
    Applier applier = start(target());
    caughtUp(applier);
    assertEquals("[[2, bea, Bern]] []", rows());
    List<HeldKey> held = applier.held();
    assertEquals(1, held.size(), held::toString);
    assertEquals(EntityKey.of("order", "1"), held.get(0).key());
    assertEquals(2, held.get(0).events());
    widen(database, "lines_", "sku", 20);
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (applier.status().held() > 0 && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
    assertEquals(
        "[[1, ann, Bern], [2, bea, Bern]] [[1, 1, late, 1.00], [1, 2, too long, 2.00]]", rows());
  }

  /** Makes a text column wider and keeps it not null. */
  protected abstract void widen(Database database, String table, String column, int size);

  @Test
  void elements_that_do_not_fit_the_mapping_are_named() throws Exception {
    orders.send(
        orders.created(1, "customer", "a", "delivery", city("x"), "lines", Value.of("no list")),
        orders.created(2, "customer", "b", "delivery", city("x"), "lines", list(Value.of("text"))),
        orders.created(
            3,
            "customer",
            "c",
            "delivery",
            city("x"),
            "lines",
            list(line(1, "a", "1"), line(1, "b", "1"))),
        orders.created(
            4,
            "customer",
            "d",
            "delivery",
            city("x"),
            "lines",
            list(new Value.DocumentValue(Row.of("sku", Value.of("keyless"))))));
    Applier applier = start(target());
    caughtUp(applier);
    List<String> errors = applier.held().stream().map(HeldKey::error).toList();
    assertEquals(4, errors.size(), errors::toString);
    for (String part : List.of("no list of documents", "no document", "two elements", "'no'")) {
      assertTrue(errors.stream().anyMatch(error -> error.contains(part)), () -> part + errors);
    }
  }

  @Test
  void a_nesting_of_an_entity_that_is_not_mapped_is_refused_by_the_builder() {
    JdbcTarget.Builder wrong =
        target(database)
            .mirror("order", "orders", m -> m.columns("id", "customer"))
            .nest(new Nesting("order", "lines", "missing", List.of("id"), List.of("id")));
    ConfigurationException problems = assertThrows(ConfigurationException.class, wrong::build);
    assertTrue(
        String.valueOf(problems.getMessage()).contains("'missing' is not mapped"),
        problems::getMessage);
  }

  @Test
  void a_nesting_that_fits_no_table_is_refused_at_the_start() {
    JdbcTarget wrong =
        target(database)
            .mirror("order", "orders", m -> m.columns("id", "customer"))
            .mirror("line", "lines_", m -> m.columns("order_id", "no", "sku"))
            .nest(new Nesting("order", "lines", "line", List.of("order"), List.of("no")))
            .build();
    ConfigurationException problems =
        assertThrows(ConfigurationException.class, () -> start(wrong));
    assertEquals(
        2,
        Stream.of("its key is", "'order' is not mapped")
            .filter(part -> String.valueOf(problems.getMessage()).contains(part))
            .count(),
        problems::getMessage);
  }
}
