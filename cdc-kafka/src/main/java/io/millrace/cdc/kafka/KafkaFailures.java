package io.millrace.cdc.kafka;

import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

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
    return new TransportException(
        "%s: %s%s".formatted(what, cause, retryable ? "" : " This does not pass by itself."),
        cause,
        retryable);
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

  private static boolean mayPass(Throwable cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof AuthenticationException
          || t instanceof AuthorizationException
          || t instanceof ConfigException
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
}
