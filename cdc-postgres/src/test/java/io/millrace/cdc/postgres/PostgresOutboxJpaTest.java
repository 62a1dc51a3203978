package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.outbox.EntityType;
import io.millrace.cdc.testkit.CommittedEvents;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.sql.Connection;
import java.util.Map;
import java.util.function.Consumer;
import org.hibernate.Session;
import org.hibernate.cfg.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.orm.jpa.EntityManagerFactoryUtils;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.vendor.HibernateJpaDialect;
import org.springframework.transaction.support.TransactionTemplate;

/** Appends within the transactions of JPA: Hibernate's own, and those that Spring manages. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresOutboxJpaTest {
  private final Database database = PostgresServer.shared().createDatabase("jpa");
  private final PostgresSource source =
      PostgresSource.builder(database.dataSource())
          .service("shop")
          .capture("public.bill")
          .outbox()
          .build();
  private final PostgresOutbox outbox = source.outbox();
  private final HikariDataSource pool = pool();
  private final EntityManagerFactory factory = factory();
  private final CommittedEvents events = CommittedEvents.of(source);

  private HikariDataSource pool() {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(database.jdbcUrl());
    config.setUsername(database.user());
    config.setPassword(database.password());
    config.setMaximumPoolSize(2);
    return new HikariDataSource(config);
  }

  private EntityManagerFactory factory() {
    database.execute("create table bill (no bigint primary key, state text)");
    source.changeLog().install();
    Configuration configuration = new Configuration().addAnnotatedClass(Bill.class);
    configuration.getProperties().putAll(Map.of("jakarta.persistence.nonJtaDataSource", pool));
    return configuration.buildSessionFactory();
  }

  @AfterEach
  void close() {
    events.close();
    factory.close();
    pool.close();
    database.drop();
  }

  /** An entity of JPA's, described to the outbox once. */
  @Entity
  @Table(name = "bill")
  static class Bill {
    static final EntityType<Bill> TYPE =
        EntityType.<Bill>builder("payment")
            .field("no", Bill::no)
            .field("state", Bill::state)
            .key("no")
            .build();

    @Id private long no;
    private String state = "";

    Bill() {}

    Bill(long no, String state) {
      this.no = no;
      this.state = state;
    }

    long no() {
      return no;
    }

    String state() {
      return state;
    }

    void pay() {
      state = "paid";
    }
  }

  /** What a service does: the row through JPA, then the event on the same connection. */
  private void pay(EntityManager manager, long no) {
    Bill bill = manager.find(Bill.class, no);
    Bill before = new Bill(bill.no(), bill.state());
    bill.pay();
    manager.flush(); // the row's lock comes before the event
    manager
        .unwrap(Session.class)
        .doWork(connection -> outbox.append(connection, Bill.TYPE.updated(before, bill)));
  }

  private void resourceLocal(Consumer<EntityManager> work) {
    EntityManager manager = factory.createEntityManager();
    try {
      manager.getTransaction().begin();
      work.accept(manager);
      manager.getTransaction().commit();
    } finally {
      if (manager.getTransaction().isActive()) {
        manager.getTransaction().rollback();
      }
      manager.close();
    }
  }

  private void assertRowThenEvent() {
    assertThat(events.take())
        .extracting(event -> event.type() + " " + event.entity() + " " + event.changedFields())
        .containsExactly("UPDATED bill [state]", "UPDATED payment [state]");
  }

  @Test
  void hibernates_resource_local_transactions() {
    resourceLocal(manager -> manager.persist(new Bill(1, "new")));
    assertThat(events.take()).extracting(ChangeEvent::entity).containsExactly("bill");
    assertThatThrownBy(
            () ->
                resourceLocal(
                    manager -> {
                      pay(manager, 1);
                      throw new IllegalArgumentException("undone");
                    }))
        .hasMessageContaining("undone");
    assertThat(events.take()).isEmpty();
    resourceLocal(manager -> pay(manager, 1));
    assertRowThenEvent();
    EntityManager none = factory.createEntityManager();
    assertThatThrownBy(
            () ->
                none.unwrap(Session.class)
                    .doWork(
                        connection ->
                            outbox.append(connection, Bill.TYPE.created(new Bill(2, "new")))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no transaction is open");
    none.close();
    assertThat(events.take()).isEmpty();
  }

  @Test
  void springs_jpa_transaction_manager_with_the_session_or_with_the_data_source() {
    JpaTransactionManager manager = new JpaTransactionManager(factory);
    manager.setJpaDialect(new HibernateJpaDialect());
    manager.setDataSource(pool);
    manager.afterPropertiesSet();
    TransactionTemplate transactions = new TransactionTemplate(manager);
    resourceLocal(entities -> entities.persist(new Bill(1, "new")));
    assertThat(events.take()).hasSize(1);
    transactions.executeWithoutResult(
        status -> {
          pay(current(), 1);
          status.setRollbackOnly();
        });
    assertThat(events.take()).isEmpty();
    transactions.executeWithoutResult(status -> pay(current(), 1));
    assertRowThenEvent();
    // As JdbcTemplate does it, beside JPA in one transaction.
    transactions.executeWithoutResult(
        status -> {
          Bill bill = new Bill(2, "new");
          current().persist(bill);
          current().flush();
          Connection connection = DataSourceUtils.getConnection(pool);
          outbox.append(connection, Bill.TYPE.created(bill));
          DataSourceUtils.releaseConnection(connection, pool);
        });
    assertThat(events.take())
        .extracting(event -> event.type() + " " + event.entity())
        .containsExactly("CREATED bill", "CREATED payment");
  }

  private EntityManager current() {
    EntityManager manager = EntityManagerFactoryUtils.getTransactionalEntityManager(factory);
    assertThat(manager).isNotNull();
    return manager;
  }
}
