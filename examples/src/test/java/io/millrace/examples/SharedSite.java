package io.millrace.examples;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** One database that is captured, written by a writer, and written by its applier. */
final class SharedSite implements AutoCloseable {
  private static final int HOT_ROWS = 6;
  private static final long LAST_ROW = 10_000;
  private static final int COARSE_SCALE = 2;
  private static final int PARTITIONS = 3;

  private final String name;
  private final int number;
  private final Database database;
  private final Pipeline pipeline;
  private final Applier applier;
  private final Random random;
  private final AtomicLong echoes = new AtomicLong();
  private final Map<ChangeType, Integer> written =
      new EnumMap<>(ChangeType.class); // guarded by itself
  private final Set<Long> lastRows = new HashSet<>(); // guarded by itself

  private SharedSite(
      String name, int number, Database database, InProcessTransport channel, Random random) {
    this.name = name;
    this.number = number;
    this.database = database;
    this.random = random;
    Publisher publisher =
        new RepeatingPublisher(channel.publisher(), new Random(random.nextLong()));
    this.pipeline =
        Pipeline.builder(name + "-out")
            .from(Sites.source(database, name, "item"))
            .to(publisher)
            .positions(JdbcPositions.in(database.dataSource()))
            .firstStart(FirstStart.NOW)
            .filter(
                event -> {
                  if (event.hops() > 0) {
                    echoes.incrementAndGet(); // an applied row that its reader did not know for one
                  }
                  return true;
                })
            .build();
    this.applier =
        Applier.builder(name + "-in")
            .service(name)
            .from(channel.subscriber(name))
            .to(
                Sites.target(database)
                    .shared("item", "item", m -> m.columns("id", "name", "n", "amount", "note"))
                    .build())
            .maxWait(Duration.ofMillis(20))
            .listener(new LastRows())
            .build();
  }

  /**
   * A site with its table; the first site keeps fewer digits than the others.
   *
   * @param kind of server, or "partitioned": PostgreSQL, where most changes of a key move the row
   *     to another partition
   */
  static SharedSite create(String kind, int number, InProcessTransport channel, Random random) {
    boolean partitioned = kind.equals("partitioned");
    Database database = Sites.database(partitioned ? "postgres" : kind, "shared");
    database.execute(
        "create table item (id bigint primary key, name varchar(40), n int, amount decimal(12,%s), note %s)%s"
            .formatted(
                number == 0 ? COARSE_SCALE : 4,
                number == 0 ? "varchar(200)" : "text",
                partitioned ? " partition by hash (id)" : ""));
    for (int i = 0; partitioned && i < PARTITIONS; i++) {
      database.execute(
          "create table item_%s partition of item for values with (modulus %s, remainder %s)"
              .formatted(i, PARTITIONS, i));
    }
    return new SharedSite(kind + number, number, database, channel, random);
  }

  String name() {
    return name;
  }

  void start() {
    pipeline.start();
    Awaitility.await(name)
        .atMost(Duration.ofSeconds(30))
        .until(() -> pipeline.status().state() == PipelineState.RUNNING);
    applier.start();
  }

  /**
   * Random inserts, updates and deletes of a few rows, each committed at once; only what changes a
   * row counts.
   */
  void write(int times) {
    try (Connection connection = database.connect()) {
      for (int i = 0; i < times; i++) {
        writeOne(connection);
        if (random.nextInt(4) == 0) {
          Thread.sleep(random.nextInt(5));
        }
      }
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException(name, e);
    }
  }

  private void writeOne(Connection connection) throws SQLException {
    long id = random.nextInt(HOT_ROWS);
    int dice = random.nextInt(10);
    try {
      if (dice == 0) {
        count(ChangeType.DELETED, execute(connection, "delete from item where id = ?", id));
      } else if (dice == 9) {
        moveKey(connection, id);
      } else if (dice < 3) {
        count(
            ChangeType.CREATED,
            execute(
                connection,
                "insert into item (id, name, n, amount, note) values (?, ?, ?, ?, ?)",
                id,
                "n" + random.nextInt(3),
                random.nextInt(3),
                amount(),
                random.nextBoolean() ? "" : null));
      } else {
        int updated =
            switch (random.nextInt(4)) {
              case 0 ->
                  execute(
                      connection,
                      "update item set name = ? where id = ?",
                      "n" + random.nextInt(3),
                      id);
              case 1 ->
                  execute(connection, "update item set n = ? where id = ?", random.nextInt(3), id);
              case 2 ->
                  execute(
                      connection,
                      "update item set amount = ?, n = ? where id = ?",
                      amount(),
                      random.nextInt(3),
                      id);
              default ->
                  execute(
                      connection,
                      "update item set note = ?, name = ? where id = ?",
                      name,
                      "n" + random.nextInt(3),
                      id);
            };
        count(ChangeType.UPDATED, updated);
      }
    } catch (SQLException e) {
      String state = Objects.requireNonNullElse(e.getSQLState(), "");
      if (!state.startsWith("23") && !state.startsWith("40")) { // a row that is there, a deadlock
        throw e;
      }
    }
  }

  /** The row gets another key, where that is free; other sites see one row go and one come. */
  private void moveKey(Connection connection, long id) throws SQLException {
    long other = (id + 1 + random.nextInt(HOT_ROWS - 1)) % HOT_ROWS;
    int moved =
        execute(
            connection, "update item set id = ?, n = ? where id = ?", other, random.nextInt(3), id);
    count(ChangeType.DELETED, moved);
    count(ChangeType.CREATED, moved);
  }

  private BigDecimal amount() {
    return BigDecimal.valueOf(random.nextInt(3) * 10_000L + random.nextInt(100), 4);
  }

  private int execute(Connection connection, String sql, @Nullable Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement.executeUpdate();
    }
  }

  void writeLast() {
    insert(LAST_ROW + number, "last");
  }

  /** A row that the random writes leave alone. */
  void insert(long id, String name) {
    database.update("insert into item (id, name) values (?, ?)", id, name);
    count(ChangeType.CREATED, 1);
  }

  private void count(ChangeType type, int rows) {
    synchronized (written) {
      written.merge(type, rows, Integer::sum);
    }
  }

  /**
   * How many rows were written here. For updates it is a bound: one that changes nothing is no
   * change.
   */
  int written(ChangeType type) {
    synchronized (written) {
      return written.getOrDefault(type, 0);
    }
  }

  /** The log of this site's changes. */
  String log() {
    return pipeline.status().log();
  }

  boolean caughtUp(Duration limit) throws InterruptedException {
    return applier.awaitCaughtUp(limit);
  }

  int lastRowsApplied() {
    synchronized (lastRows) {
      return lastRows.size();
    }
  }

  /** Events published here that no writer made. */
  long echoes() {
    return echoes.get();
  }

  ApplierStatus status() {
    return applier.status();
  }

  /** Rows by id, amounts as the coarsest site keeps them. */
  Map<Long, String> rows() {
    Map<Long, String> rows = new TreeMap<>();
    for (List<@Nullable Object> row :
        database.query("select id, name, n, amount, note from item")) {
      Object amount = row.get(3);
      rows.put(
          ((Number) Objects.requireNonNull(row.get(0))).longValue(),
          "%s %s %s %s"
              .formatted(
                  row.get(1),
                  row.get(2),
                  amount == null
                      ? null
                      : ((BigDecimal) amount).setScale(COARSE_SCALE, RoundingMode.HALF_UP),
                  row.get(4)));
    }
    return rows;
  }

  @Override
  public void close() {
    pipeline.close();
    applier.close();
  }

  /** Notes which sites' last rows came by, its own too. */
  private final class LastRows implements ApplierListener {
    @Override
    public void applied(List<ChangeEvent> events) {
      synchronized (lastRows) {
        for (ChangeEvent event : events) {
          long id = Long.parseLong(event.id());
          if (id >= LAST_ROW) {
            lastRows.add(id);
          }
        }
      }
    }
  }
}
