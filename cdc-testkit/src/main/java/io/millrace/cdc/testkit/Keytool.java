package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;

/** The JDK's tool that makes keys. */
final class Keytool {
  private Keytool() {}

  /**
   * Makes a PKCS12 file with a key and a certificate that nobody has signed but itself.
   *
   * @param name whom it is for, as the tool has it: {@code dns:example.org}
   */
  static KeyStore selfSigned(Path store, String alias, String password, String name)
      throws IOException, GeneralSecurityException {
    Shell.run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            alias,
            "-dname",
            "CN=testkit",
            "-ext",
            "san=" + name,
            "-keyalg",
            "RSA",
            "-keysize",
            "2048",
            "-storetype",
            "PKCS12",
            "-keystore",
            store.toString(),
            "-storepass",
            password));
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, password.toCharArray());
    }
    return keys;
  }
}
