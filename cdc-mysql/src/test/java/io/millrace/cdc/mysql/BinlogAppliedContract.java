package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From one captured database through a real applier into another: nothing applied comes back. */
abstract class BinlogAppliedContract {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final TestFlavour flavour;
  private Database origin;
  private Database target;

  BinlogAppliedContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  @BeforeEach
  void makeDatabases() {
    origin = flavour.shared().createDatabase("origin");
    target = flavour.shared().createDatabase("target");
    for (Database database : List.of(origin, target)) {
      database.execute(
          "create table item (a int, b varchar(20), total decimal(10,3), at datetime(6), primary key (a, b))",
          "create table audit (id int auto_increment primary key, a int, b varchar(20))");
    }
  }

  @AfterEach
  void dropDatabases() {
    origin.drop();
    target.drop();
  }

  private static MySqlSource source(Database database) {
    MySqlSource source =
        TestFlavour.builder(database)
            .capture(database.name() + ".item")
            .capture(database.name() + ".audit")
            .build();
    source.registration().install();
    return source;
  }

  /** Writes at random, and says how many row changes that were. */
  private int write(Random random, int transactions) throws SQLException {
    int changes = 0;
    try (Connection connection = origin.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (int i = 0; i < transactions; i++) {
        for (int j = random.nextInt(5); j >= 0; j--) {
          int a = random.nextInt(40);
          String key = "a = " + a + " and b = '" + (a % 3 == 0 ? "x,y" : "é") + "'";
          changes +=
              statement.executeUpdate(
                  switch (random.nextInt(5)) {
                    case 0 -> "delete from item where " + key;
                    case 1 ->
                        "update item set total = total + 1.001 where a between "
                            + a
                            + " and "
                            + (a + 9);
                    case 2 -> "update item set at = now(6) where " + key;
                    default ->
                        "insert ignore into item values ("
                            + a
                            + (a % 3 == 0 ? ", 'x,y'" : ", 'é'")
                            + ", 1.5, now(6))";
                  });
        }
        connection.commit();
      }
    }
    return changes;
  }

  private void publish(List<ChangeEvent> events, Publisher publisher) throws InterruptedException {
    for (ChangeEvent event : events) {
      publisher.publish(event.routingKey(), ProtobufCodec.instance().encode(event), new Failing());
    }
  }

  @Test
  void nothing_applied_comes_back_and_what_triggers_add_does() throws Exception {
    long seed = System.nanoTime();
    System.err.println("seed " + seed);
    InProcessTransport transport = InProcessTransport.builder().name("shop").partitions(1).build();
    try (Publisher publisher = transport.publisher();
        Reading out = Reading.start(source(origin));
        Applier applier =
            Applier.builder("in")
                .service("other")
                .from(transport.subscriber("other"))
                .to(MySqlTarget.builder(target.dataSource()).mirror("item", "item").build())
                .build()) {
      MySqlSource captured = source(target);
      try (Reading back = Reading.start(captured)) {
        int changes = write(new Random(seed), 300);
        publish(out.read(changes), publisher);
        applier.start();
        assertThat(applier.awaitCaughtUp(LIMIT)).isTrue();
        assertThat(target.query("select * from item order by a, b"))
            .usingRecursiveComparison()
            .isEqualTo(origin.query("select * from item order by a, b"));
        target.execute(
            "create trigger audited after insert on item for each row insert into audit (a, b) values"
                + " (new.a, new.b)");
        origin.execute("insert into item values (100, 'p', 1, now()), (101, 'q', 1, now())");
        publish(out.read(2), publisher);
        assertThat(applier.awaitCaughtUp(LIMIT)).isTrue();
        target.execute("update item set total = 7 where a = 100");
        List<String> told =
            back.read(3).stream()
                .map(event -> event.type() + " " + event.entity() + " " + event.hops())
                .toList();
        assertThat(told).containsExactly("CREATED audit 1", "CREATED audit 1", "UPDATED item 0");
        assertThat(back.echoes()).isPositive();
      }
    }
  }

  private static final class Failing implements PublishCallback {
    @Override
    public void acknowledged() {}

    @Override
    public void failed(TransportException error) {
      throw error;
    }
  }
}
