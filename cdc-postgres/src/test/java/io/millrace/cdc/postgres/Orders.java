package io.millrace.cdc.postgres;

import io.millrace.cdc.outbox.EntityType;
import io.millrace.cdc.outbox.Outbox;
import io.millrace.cdc.pipeline.Pipeline;
import java.math.BigDecimal;
import java.sql.Connection;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** The README's Spring service; a test holds the README against this file and runs it. */
// spring
class Orders {
  record Order(long id, String state, BigDecimal total) {}

  static final EntityType<Order> ORDER = EntityType.of("order", Order.class).key("id").build();

  private final JdbcTemplate jdbc;
  private final Outbox<Connection> outbox;
  private final Pipeline pipeline;

  Orders(JdbcTemplate jdbc, Outbox<Connection> outbox, Pipeline pipeline) {
    this.jdbc = jdbc;
    this.outbox = outbox;
    this.pipeline = pipeline;
  }

  @Transactional
  public void pay(Order before) {
    Order after = new Order(before.id(), "paid", before.total());
    jdbc.update("UPDATE orders SET state = ? WHERE id = ?", after.state(), after.id());
    jdbc.execute(
        (ConnectionCallback<Void>)
            connection -> {
              outbox.append(connection, ORDER.updated(before, after)); // after the row was written
              return null;
            });
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            pipeline.flush(); // optional: published at once, not with the next poll
          }
        });
  }
}
// end
