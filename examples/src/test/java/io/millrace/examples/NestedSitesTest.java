package io.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.Updates;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.mongo.CollectionOptions;
import io.millrace.cdc.mongo.MongoPositions;
import io.millrace.cdc.mongo.MongoSource;
import io.millrace.cdc.mongo.MongoTarget;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlFailure;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.bson.BsonType;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lists in documents at one site, rows of a child table at the other, and both take lines out and
 * bring them back at the same time. Looked at after every few changes: a later write of the whole
 * list would mend what one round left unequal.
 */
@NeedsServer(ServerKind.MONGO)
final class NestedSitesTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration HELD_LIMIT = Duration.ofSeconds(20);
  private static final int ROUNDS = Integer.getInteger("millrace.nestedRounds", 25);
  private static final int WRITES = 12;
  private static final int ORDERS = 2;
  private static final int LINES = 4;
  private static final long FIRST_MARK = 1_000;
  private static final Nesting NESTING =
      new Nesting("order", "lines", "line", List.of("order_id"), List.of("order_id", "no"));

  private final MongoDatabase documents = MongoServer.shared().createDatabase("nested");
  private final Database rows = PostgresServer.shared().createDatabase("nested");
  private final InProcessTransport channel =
      InProcessTransport.builder().name("nested").partitions(1).build();
  private final List<AutoCloseable> open = new ArrayList<>();

  /** Which marks an applier came by. */
  private static final class Marks implements ApplierListener {
    private final Set<String> seen = ConcurrentHashMap.newKeySet();

    /** Whether a list came with what it had been. */
    private volatile boolean old;

    @Override
    public void applied(List<ChangeEvent> events) {
      events.stream().filter(event -> event.entity().equals("order")).forEach(this::note);
    }

    private void note(ChangeEvent event) {
      seen.add(event.id());
      old |= event.oldValue() != null && event.oldValue().has("lines");
    }
  }

  /** Servers before 6.0 keep old states where nobody may rely on it; a test may. */
  private record WithoutPreflight(Source source) implements Source {
    @Override
    public String service() {
      return source.service();
    }

    @Override
    public String describe() {
      return source.describe();
    }

    @Override
    public List<Finding> preflight() {
      return List.of();
    }

    @Override
    public SourceReader open(ReaderStart start) {
      return source.open(start);
    }

    @Override
    public boolean beat(Heartbeat heartbeat) {
      return source.beat(heartbeat);
    }

    @Override
    public void wakeUp() {
      source.wakeUp();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void lines_that_both_sites_take_out_and_bring_back_are_the_same_at_both(boolean oldState)
      throws Exception {
    converge(oldState, false);
    assertThat(inDocuments()).isEqualTo(inRows());
  }

  /** Lines that wait for a document which is gone are at one site only, and are not compared. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void documents_that_both_sites_delete_and_make_anew_are_the_same_at_both(boolean oldState)
      throws Exception {
    converge(oldState, true);
  }

  private void converge(boolean oldState, boolean wholeOrders) throws Exception {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    System.out.println("nested sites, -Dmillrace.seed=" + seed);
    Random random = new Random(seed);
    for (long id = 0; id < ORDERS; id++) {
      documents
          .getCollection("orders")
          .insertOne(new Document("_id", id).append("lines", List.of()));
    }
    rows.execute(
        "create table orders (id bigint primary key)",
        "create table line (order_id bigint, no int, sku text, n int, primary key (order_id, no))");
    rows.update("insert into orders select generate_series(0, ?)", ORDERS - 1);
    Marks atDocuments = new Marks();
    Marks atRows = new Marks();
    start("left", documentSource(oldState), documentPositions(), documentTarget(), atDocuments);
    start("right", rowSource(), JdbcPositions.in(rows.dataSource()), rowTarget(), atRows);
    int rounds = wholeOrders ? ROUNDS / 2 : ROUNDS;
    for (int round = 0; round < rounds; round++) {
      long left = random.nextLong();
      Thread other = new Thread(() -> writeDocuments(new Random(left), wholeOrders), "documents");
      other.start();
      writeRows(new Random(random.nextLong()), wholeOrders);
      other.join();
      long mark = FIRST_MARK + 2L * round;
      documents.getCollection("orders").insertOne(new Document("_id", mark));
      rows.update("insert into orders values (?)", mark + 1);
      Set<String> both = Set.of(Long.toString(mark), Long.toString(mark + 1));
      Awaitility.await("round " + round)
          .atMost(LIMIT)
          .until(() -> atDocuments.seen.containsAll(both) && atRows.seen.containsAll(both));
      if (wholeOrders) {
        // What waited for a document is tried again after a while.
        Awaitility.await("round " + round)
            .atMost(HELD_LIMIT)
            .untilAsserted(
                () ->
                    assertThat(inDocuments())
                        .as(() -> "all lines: " + rows.query("select * from line order by 1, 2"))
                        .isEqualTo(inRows()));
      }
      assertThat(inDocuments()).as("round " + round).isEqualTo(inRows());
    }
    assertThat(atRows.old).isEqualTo(oldState);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    documents.drop();
    rows.drop();
  }

  private Source documentSource(boolean oldState) {
    documentSource(c -> c).registration().install();
    if (!oldState) {
      return documentSource(c -> c);
    }
    documents.runCommand(
        MongoServer.shared().isAtLeast(6, 0)
            ? new Document("collMod", "orders")
                .append("changeStreamPreAndPostImages", new Document("enabled", true))
            : new Document("collMod", "orders").append("recordPreImages", true));
    return new WithoutPreflight(documentSource(CollectionOptions::oldState));
  }

  private MongoSource documentSource(UnaryOperator<CollectionOptions> options) {
    return MongoSource.builder(MongoServer.shared().client(), documents.getName())
        .service("left")
        .capture("orders", c -> options.apply(c.entity("order").rename("_id", "id")))
        .build();
  }

  private PositionStore documentPositions() {
    return MongoPositions.in(MongoServer.shared().client(), documents.getName());
  }

  private Target documentTarget() {
    return MongoTarget.builder(MongoServer.shared().client(), documents.getName())
        .shared("order", "orders", m -> m.rename("id", "_id").fields())
        .shared(
            "line",
            "orders",
            m ->
                m.fields("order_id", "no", "sku", "n")
                    .as("no", BsonType.INT32)
                    .as("n", BsonType.INT32))
        .nest(NESTING)
        .build();
  }

  private Source rowSource() {
    PostgresSource source =
        PostgresSource.builder(rows.dataSource())
            .service("right")
            .capture("public.orders", t -> t.entity("order"))
            .capture("public.line")
            .build();
    source.changeLog().install();
    return source;
  }

  private Target rowTarget() {
    return Sites.target(rows)
        .shared("order", "orders", m -> m.columns("id"))
        .shared("line", "line", m -> m.columns("order_id", "no", "sku", "n"))
        .nest(NESTING)
        .build();
  }

  private void start(
      String name, Source source, PositionStore positions, Target target, Marks marks) {
    Pipeline pipeline =
        Pipeline.builder(name + "-out")
            .from(source)
            .to(channel.publisher())
            .positions(positions)
            .firstStart(FirstStart.NOW)
            .build();
    Applier applier =
        Applier.builder(name + "-in")
            .service(name)
            .from(channel.subscriber(name))
            .to(target)
            .maxWait(Duration.ofMillis(5))
            .listener(marks)
            .build();
    open.add(applier);
    open.add(pipeline);
    pipeline.start();
    Awaitility.await(name)
        .atMost(LIMIT)
        .until(() -> pipeline.status().state() == PipelineState.RUNNING);
    applier.start();
  }

  /** As a mapper does it: the document is read, its list changed, and written as a whole. */
  private void writeDocuments(Random random, boolean wholeOrders) {
    for (int i = 0; i < WRITES; i++) {
      long id = random.nextInt(ORDERS);
      if (wholeOrders && random.nextInt(3) == 0) {
        writeDocument(random, id);
        continue;
      }
      Document order = documents.getCollection("orders").find(Filters.eq("_id", id)).first();
      if (order == null) {
        continue;
      }
      List<Document> before = order.getList("lines", Document.class);
      List<Document> after = new ArrayList<>(before);
      int no = random.nextInt(LINES);
      boolean was = after.removeIf(line -> line.getInteger("no") == no);
      if (!was || random.nextBoolean()) {
        after.add(line(random, no));
      }
      // Hits nothing where the applier was faster.
      documents
          .getCollection("orders")
          .updateOne(
              Filters.and(Filters.eq("_id", id), Filters.eq("lines", before)),
              Updates.set("lines", after));
      pause(random);
    }
  }

  private static Document line(Random random, int no) {
    return new Document("no", no)
        .append("sku", "d" + random.nextInt(3))
        .append("n", random.nextInt(3));
  }

  /** Deletes a document, makes it anew, or replaces it by another one with a list. */
  private void writeDocument(Random random, long id) {
    List<Document> lines =
        random.nextBoolean() ? List.of() : List.of(line(random, random.nextInt(LINES)));
    Document order = new Document("_id", id).append("lines", lines);
    switch (random.nextInt(3)) {
      case 0 -> documents.getCollection("orders").deleteOne(Filters.eq("_id", id));
      case 1 ->
          documents
              .getCollection("orders")
              .updateOne(
                  Filters.eq("_id", id),
                  Updates.setOnInsert("lines", lines),
                  new UpdateOptions().upsert(true));
      default -> documents.getCollection("orders").replaceOne(Filters.eq("_id", id), order);
    }
    pause(random);
  }

  private void writeRows(Random random, boolean wholeOrders) {
    for (int i = 0; i < WRITES; i++) {
      long id = random.nextInt(ORDERS);
      if (wholeOrders && random.nextInt(4) == 0) {
        writeOrder(random, id);
        continue;
      }
      int no = random.nextInt(LINES);
      switch (random.nextInt(4)) {
        case 0 -> rows.update("delete from line where order_id = ? and no = ?", id, no);
        case 1 ->
            rows.update(
                "update line set sku = ? where order_id = ? and no = ?",
                "r" + random.nextInt(3),
                id,
                no);
        case 2 ->
            rows.update(
                "update line set n = ? where order_id = ? and no = ?", random.nextInt(3), id, no);
        default ->
            rows.update(
                "insert into line values (?, ?, ?, ?) on conflict do nothing",
                id,
                no,
                "r" + random.nextInt(3),
                random.nextInt(3));
      }
      pause(random);
    }
  }

  /** Makes an order, or deletes it with its lines. */
  private void writeOrder(Random random, long id) {
    try {
      if (random.nextBoolean()) {
        rows.update("insert into orders values (?) on conflict do nothing", id);
      } else {
        rows.update(
            "with l as (delete from line where order_id = ?) delete from orders where id = ?",
            id,
            id);
      }
    } catch (SqlFailure e) {
      // It met the applier, which wrote the same lines in another order.
      assertThat(e).hasMessageContaining("deadlock");
    }
  }

  private static void pause(Random random) {
    if (random.nextInt(3) == 0) {
      try {
        Thread.sleep(random.nextInt(8));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private Map<String, String> inDocuments() {
    Map<String, String> found = new TreeMap<>();
    for (Document order : documents.getCollection("orders").find()) {
      found.put(order.get("_id").toString(), "");
      for (Document line : order.getList("lines", Document.class, List.of())) {
        found.put(order.get("_id") + "," + line.get("no"), line.get("sku") + " " + line.get("n"));
      }
    }
    return found;
  }

  private Map<String, String> inRows() {
    Map<String, String> found = new TreeMap<>();
    rows.query("select id from orders").forEach(row -> found.put(row.get(0).toString(), ""));
    rows.query(
            "select order_id, no, sku, n from line l where exists (select from orders where id = order_id)")
        .forEach(row -> found.put(row.get(0) + "," + row.get(1), row.get(2) + " " + row.get(3)));
    return found;
  }
}
