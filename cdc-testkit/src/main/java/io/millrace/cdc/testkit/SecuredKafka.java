package io.millrace.cdc.testkit;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/**
 * A broker of the caller's own with one more listener, which asks for TLS and for a user: SASL with
 * {@code PLAIN} or {@code SCRAM-SHA-512}. Its certificate is signed by nobody but itself. {@link
 * #server()} is the way for tests, without either. Close it. Thread-safe.
 */
public final class SecuredKafka implements AutoCloseable {
  private static final int SCRAM_ITERATIONS = 4096;

  private final KafkaServer server;
  private final String address;
  private final String certificate;

  private SecuredKafka(KafkaServer server, String address, String certificate) {
    this.server = server;
    this.address = address;
    this.certificate = certificate;
  }

  /**
   * Starts a broker that knows one user.
   *
   * @param options more settings of the broker
   * @throws MissingServerException if there is none, which skips the test
   */
  public static SecuredKafka start(String user, String password, ServerOptions options) {
    int port = Ports.free();
    ServerCertificate certificate = ServerCertificate.make("ip:127.0.0.1");
    KafkaServer server =
        KafkaServer.startDedicated(
            options
                .with(KafkaProgram.SECURED_LISTENER, port + "=" + certificate.keyStore())
                .with(
                    "listener.name.secured.plain.sasl.jaas.config",
                    "org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=\"%s\";"
                        .formatted(user, password)));
    SecuredKafka secured = new SecuredKafka(server, server.host() + ":" + port, certificate.pem());
    try {
      secured.addScramUser(user, password);
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
    return secured;
  }

  /** The broker, by its listener without TLS and user. */
  public KafkaServer server() {
    return server;
  }

  /** The secured listener, as a client's {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return address;
  }

  /** What a client must trust, for {@code ssl.truststore.certificates}. */
  public String certificate() {
    return certificate;
  }

  /** What a client sets to get in: TLS that trusts this broker, and the user. */
  public Map<String, String> clientProperties(String mechanism, String user, String password) {
    String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
    return Map.of(
        "security.protocol",
        "SASL_SSL",
        "ssl.truststore.type",
        "PEM",
        "ssl.truststore.certificates",
        certificate,
        "sasl.mechanism",
        mechanism,
        "sasl.jaas.config",
        "org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";"
            .formatted(module, user, password));
  }

  @Override
  public void close() {
    server.close();
  }

  private void addScramUser(String user, String password) {
    ScramCredentialInfo info =
        new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS);
    try (Admin admin = server.admin()) {
      admin
          .alterUserScramCredentials(
              List.of(new UserScramCredentialUpsertion(user, info, password)))
          .all()
          .get(30, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("cannot make the user " + user, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while making the user " + user, e);
    }
  }
}
