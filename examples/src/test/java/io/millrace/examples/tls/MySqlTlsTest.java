package io.millrace.examples.tls;

import io.millrace.cdc.testkit.MySqlServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerCertificate;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;

/** MySql behind TLS. */
@NeedsServer(ServerKind.MYSQL)
final class MySqlTlsTest extends BinlogTlsContract {
  @Override
  ServerKind kind() {
    return ServerKind.MYSQL;
  }

  @Override
  SqlServer start(ServerOptions options) {
    return MySqlServer.startDedicated(options);
  }

  @Override
  String trusting(ServerCertificate trusted) {
    return "sslMode=VERIFY_IDENTITY&trustCertificateKeyStoreType=PKCS12&trustCertificateKeyStorePassword="
        + ServerCertificate.STORE_PASSWORD
        + "&trustCertificateKeyStoreUrl="
        + trusted.trustStore().toUri();
  }
}
