package io.millrace.examples.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Target;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerCertificate;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL behind TLS. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresTlsTest extends TlsContract {
  @Override
  ServerKind kind() {
    return ServerKind.POSTGRES;
  }

  @Override
  SqlServer start(ServerOptions options) {
    return PostgresServer.startDedicated(options);
  }

  @Override
  String trusting(ServerCertificate trusted) {
    return "sslmode=verify-full&sslrootcert=" + trusted.certificateFile();
  }

  @Override
  Source source(Database database, DataSource dataSource, String host, ServerCertificate trusted) {
    return source(dataSource);
  }

  private static PostgresSource source(DataSource dataSource) {
    return PostgresSource.builder(dataSource)
        .service("shop")
        .capture("public.item", t -> t.entity("item"))
        .build();
  }

  @Override
  void install(Database database) {
    source(database.dataSource()).changeLog().install();
  }

  @Override
  Target target(DataSource dataSource) {
    return PostgresTarget.builder(dataSource).mirror("item", "item").build();
  }

  @Override
  Database secured(Database database) {
    return database;
  }

  @Test
  void a_file_of_trusted_certificates_that_is_missing_is_refused_at_the_start_by_name(
      @TempDir Path positions) {
    String missing = positions.resolve("missing.pem").toString();
    DataSource dataSource =
        captured().dataSource("localhost", "sslmode=verify-ca&sslrootcert=" + missing);
    assertThat(refusedPipeline(positions, source(dataSource)))
        .contains(missing, "Tell the driver whom to trust");
  }
}
