package io.millrace.examples.outbox;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.agroal.narayana.NarayanaTransactionIntegration;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.outbox.EntityEvent;
import io.millrace.cdc.outbox.Outbox;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.CommittedEvents;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.SqlServer;
import jakarta.transaction.TransactionManager;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.XADataSource;

/**
 * A database with an outbox, behind a pool whose connections a Jakarta transaction manager ends.
 */
final class JakartaSite implements AutoCloseable {
  private final Database database;
  private final AgroalDataSource pool;
  private final Outbox<Connection> outbox;
  private final CommittedEvents events;

  private JakartaSite(
      Database database, Source source, Outbox<Connection> outbox, AgroalDataSource pool) {
    this.database = database;
    this.outbox = outbox;
    this.pool = pool;
    this.events = CommittedEvents.of(source);
  }

  static JakartaSite on(
      ServerKind kind, TransactionManager manager, TransactionSynchronizationRegistry registry)
      throws SQLException {
    return switch (kind) {
      case POSTGRES -> postgres(manager, registry);
      case MYSQL ->
          binlog(
              MySqlServer.shared(), com.mysql.cj.jdbc.MysqlXADataSource.class, manager, registry);
      case MARIADB ->
          binlog(
              MariaDbServer.shared(), org.mariadb.jdbc.MariaDbDataSource.class, manager, registry);
      case KAFKA, MONGO -> throw new IllegalArgumentException(kind + " has no JDBC");
    };
  }

  private static JakartaSite postgres(
      TransactionManager manager, TransactionSynchronizationRegistry registry) throws SQLException {
    Database database = PostgresServer.shared().createDatabase("jakarta");
    PostgresSource source =
        PostgresSource.builder(database.dataSource()).service("shop").outbox().build();
    source.changeLog().install();
    database.execute("create table seen (id bigint primary key)");
    return new JakartaSite(
        database,
        source,
        source.outbox(),
        pool(database, org.postgresql.xa.PGXADataSource.class, manager, registry));
  }

  private static JakartaSite binlog(
      SqlServer server,
      Class<? extends XADataSource> driver,
      TransactionManager manager,
      TransactionSynchronizationRegistry registry)
      throws SQLException {
    Database database = server.createDatabase("jakarta");
    MySqlSource source =
        MySqlSource.builder(database.dataSource())
            .host(server.host())
            .port(server.port())
            .user(database.user())
            .password(Secret.of(database.password()))
            .registrationDatabase(database.name())
            .service("shop")
            .outbox()
            .build();
    source.registration().install();
    database.execute("create table seen (id bigint primary key)");
    return new JakartaSite(
        database, source, source.outbox(), pool(database, driver, manager, registry));
  }

  /** As Quarkus sets it up. */
  private static AgroalDataSource pool(
      Database database,
      Class<? extends XADataSource> driver,
      TransactionManager manager,
      TransactionSynchronizationRegistry registry)
      throws SQLException {
    return AgroalDataSource.from(
        new AgroalDataSourceConfigurationSupplier()
            .connectionPoolConfiguration(
                pool ->
                    pool.maxSize(2)
                        .transactionIntegration(
                            new NarayanaTransactionIntegration(manager, registry))
                        .connectionFactoryConfiguration(
                            factory ->
                                factory
                                    .connectionProviderClass(driver)
                                    .jdbcUrl(database.jdbcUrl())
                                    .principal(new NamePrincipal(database.user()))
                                    .credential(new SimplePassword(database.password())))));
  }

  /** Writes a row and appends its event, as a service does: over a connection it gives back. */
  void write(int id) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("insert into seen values (" + id + ")");
      outbox.append(connection, event(id));
    }
  }

  /** Appends an event without its row. */
  void append(int id) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      outbox.append(connection, event(id));
    }
  }

  private static EntityEvent event(int id) {
    Row key = Row.of("id", Value.of(id));
    return EntityEvent.message("seen", key, key);
  }

  /** The ids of the events that came since the last call. */
  List<String> taken() {
    return events.take().stream().map(ChangeEvent::id).toList();
  }

  long rows() {
    return database.number("select count(*) from seen");
  }

  @Override
  public void close() {
    events.close();
    pool.close();
    database.drop();
  }
}
