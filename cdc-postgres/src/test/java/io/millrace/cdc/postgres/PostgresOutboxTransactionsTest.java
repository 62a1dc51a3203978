package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.CommittedEvents;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;
import javax.sql.XAConnection;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.xa.PGXADataSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.support.TransactionTemplate;

/** Appends within everybody's transactions; the library depends on none of them. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresOutboxTransactionsTest {
  private static final Orders.Order NEW = new Orders.Order(1, "new", new BigDecimal("9.90"));
  private static final Orders.Order PAID = new Orders.Order(1, "paid", new BigDecimal("9.90"));

  private final Database database = PostgresServer.shared().createDatabase("transactions");
  private final PostgresSource source =
      PostgresSource.builder(database.dataSource()).service("shop").outbox().build();
  private final PostgresOutbox outbox = source.outbox();
  private final HikariDataSource pool = pool();
  private final CommittedEvents events = events();

  private HikariDataSource pool() {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(database.jdbcUrl());
    config.setUsername(database.user());
    config.setPassword(database.password());
    config.setMaximumPoolSize(2);
    return new HikariDataSource(config);
  }

  private CommittedEvents events() {
    source.changeLog().install();
    database.execute(
        "create table orders (id bigint primary key, state text, total numeric(9,2))",
        "insert into orders values (1, 'new', 9.90)");
    return CommittedEvents.of(source);
  }

  @AfterEach
  void close() {
    events.close();
    pool.close();
    database.drop();
  }

  private void assertPaid() {
    assertThat(events.take())
        .singleElement()
        .satisfies(event -> assertThat(event.changedFields()).containsExactly("state"));
  }

  private void assertNothing() {
    assertThat(events.take()).isEmpty();
  }

  @Test
  void a_pool_over_plain_jdbc() throws Exception {
    try (Connection connection = pool.getConnection()) {
      assertThatThrownBy(() -> outbox.append(connection, Orders.ORDER.updated(NEW, PAID)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("order/1")
          .hasMessageContaining("setAutoCommit(false)");
      connection.setAutoCommit(false);
      outbox.append(connection, Orders.ORDER.updated(NEW, PAID));
      connection.rollback();
      assertNothing();
      outbox.append(connection, Orders.ORDER.updated(NEW, PAID));
      connection.commit();
    }
    assertPaid();
  }

  @Test
  void springs_transaction_template_with_a_connection_it_hands_out() {
    TransactionTemplate transactions =
        new TransactionTemplate(new DataSourceTransactionManager(pool));
    transactions.executeWithoutResult(
        status -> {
          Connection connection = DataSourceUtils.getConnection(pool);
          outbox.append(connection, Orders.ORDER.updated(NEW, PAID));
          DataSourceUtils.releaseConnection(connection, pool);
          status.setRollbackOnly();
        });
    assertNothing();
    DataSource aware = new TransactionAwareDataSourceProxy(pool);
    transactions.executeWithoutResult(status -> appendOver(aware));
    assertPaid();
    assertThatThrownBy(() -> appendOver(aware)).isInstanceOf(IllegalStateException.class);
    assertNothing();
  }

  @Test
  void springs_nested_and_new_transactions_keep_what_each_of_them_commits() {
    DataSourceTransactionManager manager = new DataSourceTransactionManager(pool);
    DataSource aware = new TransactionAwareDataSourceProxy(pool);
    Orders.Order other = new Orders.Order(2, "new", new BigDecimal("1.50"));
    TransactionTemplate outer = new TransactionTemplate(manager);
    TransactionTemplate nested = new TransactionTemplate(manager);
    nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
    outer.executeWithoutResult(
        status -> {
          nested.executeWithoutResult(
              inner -> {
                appendOver(aware, Orders.ORDER.created(other));
                inner.setRollbackOnly();
              });
          appendOver(aware);
        });
    assertPaid();
    TransactionTemplate separate = new TransactionTemplate(manager);
    separate.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
    outer.executeWithoutResult(
        status -> {
          appendOver(aware, Orders.ORDER.created(other));
          separate.executeWithoutResult(inner -> appendOver(aware));
          status.setRollbackOnly();
        });
    assertPaid();
  }

  private void appendOver(DataSource dataSource) {
    appendOver(dataSource, Orders.ORDER.updated(NEW, PAID));
  }

  private void appendOver(DataSource dataSource, EntityEvent event) {
    try (Connection connection = dataSource.getConnection()) {
      outbox.append(connection, event);
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Configuration
  @EnableTransactionManagement(proxyTargetClass = true)
  static class Shop {
    static DataSource dataSource;
    static PostgresSource source;

    private final InProcessTransport channel = InProcessTransport.builder().name("shop").build();

    @Bean
    PlatformTransactionManager transactions() {
      return new DataSourceTransactionManager(dataSource);
    }

    @Bean(initMethod = "start")
    Pipeline pipeline() {
      return Pipeline.builder("shop-out")
          .from(source)
          .to(channel.publisher())
          .positions(JdbcPositions.in(dataSource))
          .firstStart(FirstStart.NOW)
          .build();
    }

    @Bean
    Orders orders(Pipeline pipeline) {
      return new Orders(new JdbcTemplate(dataSource), source.outbox(), pipeline);
    }
  }

  @Test
  void springs_transactional_service_as_the_readme_shows_it() throws Exception {
    Shop.dataSource = pool;
    Shop.source = source;
    try (AnnotationConfigApplicationContext context =
        new AnnotationConfigApplicationContext(Shop.class)) {
      Orders orders = context.getBean(Orders.class);
      orders.pay(NEW);
      assertThat(events.take()).extracting(ChangeEvent::entity).containsExactly("order");
      assertThat(database.value("select state from orders")).isEqualTo("paid");
      TransactionTemplate outer =
          new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
      outer.executeWithoutResult(
          status -> {
            orders.pay(NEW);
            status.setRollbackOnly();
          });
      assertNothing();
    }
  }

  @Test
  void jooqs_transactions() {
    var jooq = DSL.using(pool, SQLDialect.POSTGRES);
    assertThatThrownBy(
            () ->
                jooq.transaction(
                    configuration -> {
                      configuration.dsl().connection(this::append);
                      throw new IllegalArgumentException("undone");
                    }))
        .hasMessageContaining("undone");
    assertNothing();
    jooq.transaction(
        configuration -> {
          configuration.dsl().execute("update orders set state = 'paid'");
          configuration.dsl().connection(this::append);
        });
    assertPaid();
  }

  private void append(Connection connection) {
    outbox.append(connection, Orders.ORDER.updated(NEW, PAID));
  }

  /** What Jakarta's transaction managers do. */
  @Test
  void two_phase_transactions_of_an_xa_data_source() throws Exception {
    PGXADataSource dataSource = new PGXADataSource();
    dataSource.setUrl(database.jdbcUrl());
    dataSource.setUser(database.user());
    dataSource.setPassword(database.password());
    XAConnection xa = dataSource.getXAConnection();
    try (Connection connection = xa.getConnection()) {
      XAResource resource = xa.getXAResource();
      resource.start(new Id(1), XAResource.TMNOFLAGS);
      append(connection);
      resource.end(new Id(1), XAResource.TMSUCCESS);
      resource.prepare(new Id(1));
      assertNothing();
      resource.rollback(new Id(1));
      assertNothing();
      resource.start(new Id(2), XAResource.TMNOFLAGS);
      try (Statement statement = connection.createStatement()) {
        statement.execute("update orders set state = 'paid'");
      }
      append(connection);
      resource.end(new Id(2), XAResource.TMSUCCESS);
      resource.prepare(new Id(2));
      assertNothing();
      resource.commit(new Id(2), false);
    } finally {
      xa.close();
    }
    assertPaid();
  }

  private record Id(int number) implements Xid {
    @Override
    public int getFormatId() {
      return 7;
    }

    @Override
    public byte[] getGlobalTransactionId() {
      return new byte[] {1, (byte) number};
    }

    @Override
    public byte[] getBranchQualifier() {
      return new byte[] {1};
    }
  }

  @Test
  void the_readme_shows_the_spring_service_that_runs_here() throws Exception {
    String code =
        between(
            Files.readString(
                Path.of("src/test/java/io/millrace/cdc/postgres/Orders.java"),
                StandardCharsets.UTF_8),
            "// spring\n",
            "// end");
    String readme = Files.readString(Path.of("../README.md"), StandardCharsets.UTF_8);
    int section = readme.indexOf("## The outbox, with Spring");
    assertThat(section).isPositive();
    assertThat(words(between(readme.substring(section), "```java", "```"))).isEqualTo(words(code));
  }

  private static String between(String text, String start, String end) {
    int begin = text.indexOf(start) + start.length();
    return text.substring(begin, text.indexOf(end, begin));
  }

  private static List<String> words(String code) {
    return List.of(code.replaceAll("\\s+", "").split("(?<=;)", -1));
  }
}
