package io.millrace.examples.outbox;

import com.zaxxer.hikari.HikariDataSource;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.examples.monolith.AppliedFile;
import io.millrace.examples.monolith.Child;
import java.nio.file.Path;

/** The consumer as a process: keeps a table of its own from the events. */
final class OrderView {
  /** The consumer's tag, and its group. */
  static final String TAG = "view";

  private OrderView() {}

  /** Arguments: name, JDBC URL, user, Kafka's bootstrap servers, topic, folder for files. */
  public static void main(String[] arguments) throws Exception {
    try (HikariDataSource database = OrderService.pool(arguments[1], arguments[2]);
        AppliedFile applied = new AppliedFile(Path.of(arguments[5]), TAG);
        Applier applier =
            Applier.builder(TAG + "-in")
                .service(TAG)
                .from(OrderService.kafka(arguments[3], arguments[4]).subscriber(TAG))
                .to(PostgresTarget.builder(database).mirror("order", "public.order_view").build())
                .listener(applied)
                .build()) {
      applier.start();
      Child.run(() -> Child.look(applier.status()));
    }
  }
}
