package io.millrace.cdc.internal;

import java.io.FileNotFoundException;
import java.nio.file.NoSuchFileException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.Locale;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Tells a server that may not be who it says from one that is away: waiting mends the latter. */
public final class Distrust {
  private Distrust() {}

  /**
   * Whether a connection failed because the server's certificate is not trusted or names another
   * host, or because the file that says whom to trust is missing.
   */
  public static boolean caused(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof CertificateException
          || t instanceof CertPathBuilderException
          || t instanceof CertPathValidatorException
          || t instanceof SSLPeerUnverifiedException
          || t instanceof FileNotFoundException
          || t instanceof NoSuchFileException
          || namesVerifier(t.getMessage())) {
        return true;
      }
    }
    return false;
  }

  /** Two drivers say so in words only; PostgreSQL has this one in all its languages. */
  private static boolean namesVerifier(@Nullable String message) {
    String words = message == null ? "" : message.toLowerCase(Locale.ROOT);
    return words.contains("hostnameverifier") || words.contains("hostname verification");
  }

  /** The messages of a failure and of what caused it, each once: the reason stands in the last. */
  public static String reasons(Throwable failure) {
    StringBuilder text = new StringBuilder();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String message = t.getMessage();
      if (message != null && text.indexOf(message) < 0) {
        text.append(text.length() == 0 ? "" : ": ").append(message);
      }
    }
    return text.toString();
  }
}
