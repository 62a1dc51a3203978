package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/**
 * A key and a certificate that nobody has signed but itself, made by the JDK's keytool.
 *
 * @param keyStore a PKCS12 file, which goes when the JVM does
 * @param pem what a client has to trust
 */
record BrokerCertificate(Path keyStore, String pem) {
  static final String STORE_PASSWORD = "of-the-testkit";

  /** For a broker on this machine that is reached as 127.0.0.1. */
  static BrokerCertificate make() {
    try {
      Path home = TemporaryFiles.deleteAtExit(Files.createTempDirectory("millrace-certificate"));
      Path store = home.resolve("broker.p12");
      Shell.run(
          List.of(
              Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
              "-genkeypair",
              "-alias",
              "broker",
              "-dname",
              "CN=testkit",
              "-ext",
              "san=ip:127.0.0.1",
              "-keyalg",
              "EC",
              "-storetype",
              "PKCS12",
              "-keystore",
              store.toString(),
              "-storepass",
              STORE_PASSWORD));
      KeyStore keys = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(store)) {
        keys.load(in, STORE_PASSWORD.toCharArray());
      }
      return new BrokerCertificate(store, pem(keys.getCertificate("broker").getEncoded()));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a certificate", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot read the certificate just made", e);
    }
  }

  private static String pem(byte[] certificate) {
    String text =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
            .encodeToString(certificate);
    return "-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----\n";
  }
}
