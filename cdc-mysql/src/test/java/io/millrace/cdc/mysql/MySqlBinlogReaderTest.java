package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;

@NeedsServer(ServerKind.MYSQL)
class MySqlBinlogReaderTest extends BinlogReaderContract {
  MySqlBinlogReaderTest() {
    super(TestFlavour.MYSQL);
  }

  @Test
  void a_compressed_transaction_is_an_error() throws Exception {
    try (Reading reading = Reading.start(source())) {
      onOneConnection(
          "set session binlog_transaction_compression = ON", "insert into orders values (1, 'x')");
      assertThat(failure(reading))
          .hasMessageContaining("TRANSACTION_PAYLOAD")
          .hasMessageContaining("binlog_transaction_compression=OFF");
    }
  }

  @Test
  void a_partial_update_of_json_is_an_error_where_the_table_is_captured() throws Exception {
    String partial = "set session binlog_row_value_options = 'PARTIAL_JSON'";
    for (String table : List.of("seen", "unseen")) {
      database.execute(
          "create table " + table + " (id int primary key, j json)",
          "insert into " + table + " values (1, json_object('a', repeat('x', 500), 'b', 1))");
    }
    try (Reading reading = Reading.start(source("seen", builder -> builder))) {
      onOneConnection(partial, "update unseen set j = json_set(j, '$.b', 2) where id = 1");
      database.execute("insert into seen values (2, '1')");
      assertThat(reading.read(1)).hasSize(1);
      onOneConnection(partial, "update seen set j = json_set(j, '$.b', 2) where id = 1");
      assertThat(failure(reading))
          .hasMessageContaining("PARTIAL_UPDATE_ROWS")
          .hasMessageContaining("binlog_row_value_options");
    }
  }

  @Test
  void a_tagged_transaction_is_an_error() throws Exception {
    try (var server =
        TestFlavour.MYSQL.dedicated(io.millrace.cdc.testkit.ServerOptions.defaults())) {
      database = server.createDatabase("tagged");
      database.execute("create table orders (id int primary key)");
      try (Reading reading = Reading.start(source())) {
        onOneConnection(
            "set session gtid_next = 'AUTOMATIC:shop'", "insert into orders values (1)");
        assertThat(failure(reading)).hasMessageContaining("GTID_TAGGED_LOG");
      }
    }
    makeDatabase();
  }

  @Test
  void a_vector_is_an_error_that_names_its_column() throws Exception {
    database.execute("create table v (id int primary key, embedding vector(2))");
    try (Reading reading = Reading.start(source("v", builder -> builder))) {
      database.execute("insert into v values (1, to_vector('[1,2]'))");
      assertThat(failure(reading)).hasMessageContaining("embedding").hasMessageContaining("VECTOR");
    }
  }

  @Test
  void tls_verifies_the_server_and_never_falls_back() throws Exception {
    Path authority = Path.of(database.value("select @@datadir"), "ca.pem");
    MySqlSource stranger = source("orders", builder -> builder.sslMode(SslMode.VERIFY_CA));
    assertThatThrownBy(() -> Reading.start(stranger)).hasMessageContaining("PKIX");
    SSLContext trusting = trusting(authority);
    MySqlSource friend =
        source("orders", builder -> builder.sslMode(SslMode.VERIFY_CA).sslContext(trusting));
    try (Reading reading = Reading.start(friend)) {
      database.execute("insert into orders values (1, 'x')");
      assertThat(reading.read(1)).hasSize(1);
    }
    MySqlSource otherName =
        source("orders", builder -> builder.sslMode(SslMode.VERIFY_IDENTITY).sslContext(trusting));
    assertThatThrownBy(() -> Reading.start(otherName))
        .hasMessageContaining("No subject alternative names");
  }

  private static SSLContext trusting(Path authority) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(authority)) {
      store.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
