package io.millrace.examples.tls;

import io.millrace.cdc.testkit.MariaDbServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerCertificate;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;

/** MariaDB behind TLS. */
@NeedsServer(ServerKind.MARIADB)
final class MariaDbTlsTest extends BinlogTlsContract {
  @Override
  ServerKind kind() {
    return ServerKind.MARIADB;
  }

  @Override
  SqlServer start(ServerOptions options) {
    return MariaDbServer.startDedicated(options);
  }

  @Override
  String trusting(ServerCertificate trusted) {
    return "sslMode=verify-full&serverSslCert=" + trusted.certificateFile();
  }
}
