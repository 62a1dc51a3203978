package io.millrace.examples.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.Target;
import io.millrace.cdc.mysql.MySqlSource;
import io.millrace.cdc.mysql.MySqlTarget;
import io.millrace.cdc.mysql.SslMode;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerCertificate;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers of which the binary log is read over a connection of its own, with its own trust. */
abstract class BinlogTlsContract extends TlsContract {
  @Override
  Source source(Database database, DataSource dataSource, String host, ServerCertificate trusted) {
    return builder(database, dataSource, host)
        .sslMode(SslMode.VERIFY_IDENTITY)
        .sslContext(trusted.trusting())
        .build();
  }

  private static MySqlSource.Builder builder(
      Database database, DataSource dataSource, String host) {
    return MySqlSource.builder(dataSource)
        .host(host)
        .port(database.server().port())
        .user(database.user())
        .password(Secret.of(database.password()))
        .service("shop")
        .capture(database.name() + ".item", t -> t.entity("item"));
  }

  @Override
  void install(Database database) {
    builder(database, database.dataSource(), database.server().host())
        .build()
        .registration()
        .install();
  }

  @Override
  Target target(DataSource dataSource) {
    return MySqlTarget.builder(dataSource).mirror("item", "item").build();
  }

  @Override
  Database secured(Database database) {
    Database user = database.createUser("secured", "all on *.*");
    database.execute("alter user '" + user.user() + "'@'%' require ssl");
    return user;
  }

  @Test
  void a_binary_log_whose_server_is_not_trusted_is_refused_at_the_start_with_the_remedy(
      @TempDir Path positions) {
    // By its data source the server is trusted: only the log's own connection must be mended.
    DataSource trusting = captured().dataSource("localhost", trusting(certificate));
    assertThat(refusedPipeline(positions, source(captured(), trusting, "localhost", other)))
        .contains("PKIX path", "sslContext(…)", "host(…)");
    assertThat(refusedPipeline(positions, source(captured(), trusting, "127.0.0.1", certificate)))
        .contains("subject alternative names", "sslContext(…)", "host(…)");
    Source anyHost =
        builder(captured(), trusting, "127.0.0.1")
            .sslMode(SslMode.VERIFY_CA)
            .sslContext(other.trusting())
            .build();
    assertThat(refusedPipeline(positions, anyHost)).contains("PKIX path", "sslContext(…)");
  }
}
