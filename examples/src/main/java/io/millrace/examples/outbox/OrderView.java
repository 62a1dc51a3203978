package io.millrace.examples.outbox;

import com.zaxxer.hikari.HikariDataSource;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.ApplierStatus;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.examples.monolith.AppliedFile;
import io.millrace.examples.monolith.ParentInput;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The consumer as a process: keeps a table of its own from the events. */
final class OrderView {
  /** The consumer's tag, and its group. */
  static final String TAG = "view";

  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

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
      boolean ready = false;
      while (!ParentInput.endsWithin(200)) {
        ApplierStatus status = applier.status();
        if (status.state() == ApplierState.FAILED) {
          System.err.println(status);
          System.exit(1);
        }
        long delivered = status.applied() + status.duplicates() + status.ignored() + status.held();
        OUT.printf(
            "status captured=%d delivered=%d applied=%d duplicates=%d held=%d%n",
            delivered, delivered, status.applied(), status.duplicates(), status.held());
        if (!ready && status.state() == ApplierState.RUNNING) {
          ready = true;
          OUT.println("ready");
        }
      }
    }
  }
}
