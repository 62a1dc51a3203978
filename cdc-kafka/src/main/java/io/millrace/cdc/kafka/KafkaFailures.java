package io.millrace.cdc.kafka;

import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/** Tells Kafka's failures that may pass by themselves from those that need a person. */
final class KafkaFailures {
  private KafkaFailures() {}

  static TransportException of(String what, Throwable cause) {
    if (cause instanceof TransportException known) {
      return known;
    }
    if (cause instanceof RecordTooLargeException) {
      return new UnpublishableException(
          what + ": " + cause.getMessage() + " Raise the topic's max.message.bytes.", cause);
    }
    boolean retryable = mayPass(cause);
    String remedy = remedy(cause);
    if (remedy.isEmpty() && !retryable) {
      remedy = " This does not pass by itself.";
    }
    return new TransportException("%s: %s%s".formatted(what, cause, remedy), cause, retryable);
  }

  /** What a person can do; empty where that is not known. */
  private static String remedy(Throwable cause) {
    if (find(cause, SslAuthenticationException.class) != null) {
      SSLException handshake = find(cause, SSLException.class);
      return (handshake == null ? "." : " (" + handshake.getMessage() + ").")
          + " Trust the authority that signed the broker's certificate with property(\"ssl.truststore.location\", …), or property(\"ssl.truststore.certificates\", …) and ssl.truststore.type=PEM, and use host names that the certificate carries.";
    }
    if (find(cause, AuthenticationException.class) != null) {
      return " Check user and password in property(\"sasl.jaas.config\", …), and that sasl.mechanism is one that the broker has the user for. This does not pass by itself.";
    }
    if (find(cause, AuthorizationException.class) != null) {
      return " Grant the user Describe, DescribeConfigs and Write (publisher) or Read (subscriber) on the topic, and Read on the subscriber's group: kafka-acls.sh --add --allow-principal … This does not pass by itself.";
    }
    return "";
  }

  private static <T extends Throwable> @Nullable T find(Throwable cause, Class<T> type) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return type.cast(t);
      }
    }
    return null;
  }

  /** The result of a request; an interrupt is kept for the caller and ends it. */
  static <T> T get(KafkaFuture<T> future, String what) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw of(what, e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportException(what + ": interrupted", e, true);
    }
  }

  /** TLS may: certificates are renewed at the broker, also while somebody reads. */
  private static boolean mayPass(Throwable cause) {
    if (find(cause, SslAuthenticationException.class) != null || unresolvable(cause)) {
      return true;
    }
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof AuthenticationException
          || t instanceof AuthorizationException
          || t instanceof ConfigException
          || t instanceof IllegalArgumentException // sasl.jaas.config that cannot be read
          || t instanceof InvalidConfigurationException
          || t instanceof InvalidTopicException
          || t instanceof PolicyViolationException
          || t instanceof RecordTooLargeException
          || t instanceof UnsupportedVersionException) {
        return false;
      }
    }
    return cause instanceof KafkaException;
  }

  /** A name service that is away, which Kafka takes for a wrong configuration. */
  private static boolean unresolvable(Throwable cause) {
    ConfigException wrong = find(cause, ConfigException.class);
    return wrong != null && String.valueOf(wrong.getMessage()).contains("No resolvable bootstrap");
  }
}
