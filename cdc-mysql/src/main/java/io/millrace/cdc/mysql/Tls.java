package io.millrace.cdc.mysql;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import io.millrace.cdc.error.SourceException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.security.NoSuchAlgorithmException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Gives the connector sockets that verify: its own trust every certificate in most modes. */
final class Tls {
  private Tls() {}

  static void configure(BinaryLogClient client, SourceSettings settings) {
    if (settings.server().sslMode() == SslMode.PLAINTEXT) {
      client.setSSLMode(SSLMode.DISABLED);
      return;
    }
    client.setSSLMode(
        SSLMode.VERIFY_CA); // no fall-back to plaintext; what is verified is ours to say
    client.setSslSocketFactory(socket -> secure(socket, settings));
  }

  private static SSLSocket secure(Socket socket, SourceSettings settings) throws SocketException {
    try {
      SSLSocket secured =
          (SSLSocket)
              context(settings.sslContext())
                  .getSocketFactory()
                  .createSocket(socket, settings.host(), settings.port(), true);
      if (settings.server().sslMode() == SslMode.VERIFY_IDENTITY) {
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secured.setSSLParameters(parameters);
      }
      return secured;
    } catch (IOException e) {
      SocketException wrapped = new SocketException("no TLS to " + settings.address() + ": " + e);
      wrapped.initCause(e);
      throw wrapped;
    }
  }

  private static SSLContext context(@Nullable SSLContext given) {
    try {
      return given != null ? given : SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new SourceException(
          "This JVM has no default TLS context: give one to sslContext().", e);
    }
  }
}
