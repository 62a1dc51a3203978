package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key and a certificate that nobody has signed but itself, made by the JDK's keytool. Its files
 * go when the JVM does. Immutable and thread-safe.
 *
 * @param keyStore a PKCS12 file with both
 * @param trustStore a PKCS12 file with the certificate alone
 * @param certificateFile the certificate as PEM, for servers and drivers that want a file
 * @param keyFile the key as PEM, readable by its owner only
 * @param pem what a client has to trust
 */
public record ServerCertificate(
    Path keyStore, Path trustStore, Path certificateFile, Path keyFile, String pem) {
  /** Of both stores. */
  public static final String STORE_PASSWORD = "of-the-testkit";

  private static final String ALIAS = "server";

  /**
   * A new one.
   *
   * @param name whom it is for, as keytool has it: {@code ip:127.0.0.1}, {@code dns:example.org}
   */
  public static ServerCertificate make(String name) {
    try {
      Path home = TemporaryFiles.deleteAtExit(Files.createTempDirectory("millrace-certificate"));
      Path store = home.resolve("server.p12");
      KeyStore keys = Keytool.selfSigned(store, ALIAS, STORE_PASSWORD, name);
      Path trustStore = home.resolve("trust.p12");
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("trusted", keys.getCertificate(ALIAS));
      try (OutputStream out = Files.newOutputStream(trustStore)) {
        trusted.store(out, STORE_PASSWORD.toCharArray());
      }
      Key key = keys.getKey(ALIAS, STORE_PASSWORD.toCharArray());
      String pem = pem("CERTIFICATE", keys.getCertificate(ALIAS).getEncoded());
      Path keyFile =
          Files.createFile(
              home.resolve("key.pem"),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      return new ServerCertificate(
          store,
          trustStore,
          Files.writeString(home.resolve("certificate.pem"), pem),
          Files.writeString(keyFile, pem("PRIVATE KEY", key.getEncoded())),
          pem);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a certificate", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot read the certificate just made", e);
    }
  }

  /**
   * What starts a database server with this certificate, for clients that ask for TLS; others are
   * served as before.
   *
   * @param kind PostgreSQL, MariaDB or MySQL
   */
  public ServerOptions options(ServerKind kind) {
    return switch (kind) {
      case POSTGRES ->
          ServerOptions.defaults()
              .with("ssl", "on")
              .with("ssl_cert_file", certificateFile.toString())
              .with("ssl_key_file", keyFile.toString());
      case MARIADB, MYSQL ->
          ServerOptions.defaults()
              .with(MySqlFamily.CERTIFICATE, certificateFile.toString())
              .with("ssl-key", keyFile.toString());
      case KAFKA, MONGO ->
          throw new IllegalArgumentException(
              "a certificate for "
                  + kind.name().toLowerCase(Locale.ROOT)
                  + " is not set this way: Kafka has SecuredKafka");
    };
  }

  /** Whether a server started like this reads files of this machine, which no container sees. */
  static boolean isIn(ServerOptions options) {
    return options.settings().containsKey(MySqlFamily.CERTIFICATE)
        || options.settings().containsKey("ssl_cert_file");
  }

  /** A context that trusts this certificate and no other. */
  public SSLContext trusting() {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(trustStore)) {
        trusted.load(in, STORE_PASSWORD.toCharArray());
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the certificate just made", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot trust the certificate just made", e);
    }
  }

  private static String pem(String what, byte[] encoded) {
    String text =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(encoded);
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(what, text);
  }
}
