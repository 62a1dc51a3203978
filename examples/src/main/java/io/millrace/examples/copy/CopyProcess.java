package io.millrace.examples.copy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.examples.monolith.AppliedFile;
import io.millrace.examples.monolith.Child;
import io.millrace.examples.monolith.SyncJvm;
import java.nio.file.Path;

/** One half of the copy as a process: what reads the source, or what writes the target. */
final class CopyProcess {
  /** The half that reads. */
  static final String SOURCE = "source";

  /** The half that writes. */
  static final String TARGET = "target";

  private CopyProcess() {}

  /**
   * Arguments: source or target, host, port, database, JDBC URL, user, Kafka's bootstrap servers,
   * topic, folder for files.
   */
  public static void main(String[] arguments) throws Exception {
    Copy.Endpoint at =
        new Copy.Endpoint(
            arguments[1],
            Integer.parseInt(arguments[2]),
            arguments[3],
            arguments[4],
            arguments[5],
            System.getenv(SyncJvm.PASSWORD));
    KafkaTransport kafka = Copy.kafka(arguments[6], arguments[7]);
    try (HikariDataSource database = pool(at)) {
      if (arguments[0].equals(SOURCE)) {
        read(at, database, kafka);
      } else {
        write(at, database, kafka, Path.of(arguments[8]));
      }
    }
  }

  private static void read(Copy.Endpoint at, HikariDataSource database, KafkaTransport kafka)
      throws Exception {
    try (Pipeline pipeline = Copy.pipeline(at, database, kafka)) {
      pipeline.start();
      Child.run(() -> Child.look(pipeline.status()));
    }
  }

  private static void write(
      Copy.Endpoint at, HikariDataSource database, KafkaTransport kafka, Path folder)
      throws Exception {
    try (AppliedFile applied = new AppliedFile(folder, TARGET);
        Applier applier = Copy.applier(at, database, kafka, applied)) {
      applier.start();
      Child.run(() -> Child.look(applier.status()));
    }
  }

  private static HikariDataSource pool(Copy.Endpoint at) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(at.url());
    config.setUsername(at.user());
    config.setPassword(at.password());
    return new HikariDataSource(config);
  }
}
