package io.millrace.cdc.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.SecuredKafka;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.transport.AssignmentListener;
import io.millrace.cdc.transport.Channel;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.StartOffset;
import io.millrace.cdc.transport.Subscription;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NeedsServer(ServerKind.KAFKA)
class SecuredKafkaTest {
  private static final String USER = "millrace";
  private static final String PASSWORD = "correct-horse-battery";

  private static SecuredKafka kafka;
  private final String topic = kafka.server().uniqueName("secured");

  @BeforeAll
  static void start() {
    kafka =
        SecuredKafka.start(
            USER,
            PASSWORD,
            ServerOptions.defaults()
                .with(
                    "authorizer.class.name",
                    "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .with("super.users", "User:ANONYMOUS"));
  }

  @AfterAll
  static void stop() {
    if (kafka != null) {
      kafka.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-512"})
  void events_go_the_whole_way_over_tls_with_a_password(String mechanism) throws Exception {
    kafka.server().createTopic(topic, 2);
    grantEverything();
    KafkaTransport transport = with(properties(mechanism, PASSWORD));
    assertThat(transport.subscriber(topic).preflight()).isEmpty();
    CountDownLatch acknowledged = new CountDownLatch(1);
    try (Publisher publisher = transport.publisher();
        Subscription subscription = transport.subscriber(topic).open(new FromOldest())) {
      assertThat(publisher.preflight()).isEmpty();
      publisher.publish(
          "k",
          new Encoded("hello".getBytes(StandardCharsets.UTF_8), Map.of()),
          callback(acknowledged));
      assertThat(acknowledged.await(60, TimeUnit.SECONDS)).isTrue();
      List<Delivery> deliveries = new ArrayList<>();
      long start = System.nanoTime();
      while (deliveries.isEmpty()) {
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(60));
        deliveries.addAll(subscription.poll(10, Duration.ofMillis(200)));
      }
      assertThat(deliveries)
          .singleElement()
          .satisfies(d -> assertThat(d.event().body()).asString().isEqualTo("hello"));
    }
  }

  @Test
  void a_certificate_that_is_not_trusted_is_named_with_what_to_set_and_tried_again() {
    Map<String, String> trustsTheWorldOnly = properties("PLAIN", PASSWORD);
    trustsTheWorldOnly.remove("ssl.truststore.type");
    trustsTheWorldOnly.remove("ssl.truststore.certificates");
    for (TransportException error : failures(with(trustsTheWorldOnly))) {
      assertThat(error)
          .hasMessageContaining(topic)
          .hasMessageContaining(kafka.bootstrapServers())
          .hasMessageContaining("PKIX path building failed")
          .hasMessageContaining("ssl.truststore.location");
      assertThat(error.retryable()).isTrue();
    }
  }

  @Test
  void a_host_that_the_certificate_does_not_name_is_an_error_that_says_so() {
    KafkaTransport transport =
        builder(properties("PLAIN", PASSWORD))
            .bootstrapServers(kafka.bootstrapServers().replace("127.0.0.1", "localhost"))
            .build();
    for (TransportException error : failures(transport)) {
      assertThat(error)
          .hasMessageContaining("localhost")
          .hasMessageContaining("host names that the certificate carries");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-512"})
  void a_wrong_password_is_named_with_the_property_and_ends_it(String mechanism) {
    for (TransportException error : failures(with(properties(mechanism, "tr0ub4dor")))) {
      assertThat(error)
          .hasMessageContaining(topic)
          .hasMessageContaining("SaslAuthenticationException")
          .hasMessageContaining("Check user and password in property(\"sasl.jaas.config\"");
      assertThat(error.retryable()).isFalse();
      assertThat(everythingSaid(error)).doesNotContain("tr0ub4dor");
    }
  }

  @Test
  void a_missing_grant_is_named_with_the_command() throws Exception {
    kafka.server().createTopic(topic, 1);
    try (Admin admin = kafka.server().admin()) {
      admin.createAcls(List.of(acl(ResourceType.TOPIC, AclOperation.DESCRIBE))).all().get();
      admin.createAcls(List.of(acl(ResourceType.TOPIC, AclOperation.DESCRIBE_CONFIGS))).all().get();
    }
    KafkaTransport transport = with(properties("PLAIN", PASSWORD));
    try (Subscription subscription = transport.subscriber(topic).open(new FromOldest())) {
      TransportException error =
          catchThrowableOfType(
              TransportException.class,
              () -> {
                long start = System.nanoTime();
                while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(60)) {
                  subscription.poll(10, Duration.ofMillis(200));
                }
              });
      assertThat(error)
          .hasMessageContaining(topic)
          .hasMessageContaining("GroupAuthorizationException")
          .hasMessageContaining("kafka-acls.sh");
      assertThat(error.retryable()).isFalse();
    }
  }

  @Test
  void no_message_shows_what_a_property_hides() {
    KafkaTransport transport =
        builder(properties("PLAIN", PASSWORD))
            .property("compression.type", "zstd")
            .property("sasl.login.callback.of-their-own", "opensesame")
            .build();
    assertThat(transport.toString())
        .contains(topic, "compression.type=zstd", "sasl.jaas.config=<hidden>")
        .contains("sasl.login.callback.of-their-own=<hidden>")
        .doesNotContain(PASSWORD, "opensesame", "BEGIN CERTIFICATE");
    Map<String, String> malformed = properties("PLAIN", PASSWORD);
    malformed.put("sasl.jaas.config", "password=" + PASSWORD);
    for (TransportException error : failures(with(malformed))) {
      assertThat(everythingSaid(error)).doesNotContain(PASSWORD);
      assertThat(error.retryable()).as("%s", error).isFalse();
    }
  }

  @Test
  void a_name_service_that_is_away_is_waited_for() {
    KafkaTransport transport =
        KafkaTransport.builder().bootstrapServers("broker.invalid:9092").topic(topic).build();
    for (TransportException error : failures(transport)) {
      assertThat(error).hasMessageContaining("broker.invalid");
      assertThat(error.retryable()).isTrue();
    }
  }

  /** What a publisher's and a subscriber's preflight say. */
  private static List<TransportException> failures(KafkaTransport transport) {
    try (Publisher publisher = transport.publisher()) {
      return List.of(failure(publisher::preflight), failure(transport.subscriber("g")::preflight));
    }
  }

  private static TransportException failure(Supplier<List<Finding>> preflight) {
    TransportException error =
        catchThrowableOfType(TransportException.class, () -> preflight.get());
    assertThat(error).isNotNull();
    return error;
  }

  private static String everythingSaid(Throwable error) {
    StringBuilder all = new StringBuilder();
    for (Throwable t = error; t != null; t = t.getCause()) {
      all.append(t).append('\n');
    }
    return all.toString();
  }

  private void grantEverything() throws Exception {
    try (Admin admin = kafka.server().admin()) {
      admin
          .createAcls(
              List.of(
                  acl(ResourceType.TOPIC, AclOperation.DESCRIBE),
                  acl(ResourceType.TOPIC, AclOperation.DESCRIBE_CONFIGS),
                  acl(ResourceType.TOPIC, AclOperation.READ),
                  acl(ResourceType.TOPIC, AclOperation.WRITE),
                  acl(ResourceType.GROUP, AclOperation.READ)))
          .all()
          .get();
    }
  }

  private AclBinding acl(ResourceType type, AclOperation operation) {
    return new AclBinding(
        new ResourcePattern(type, topic, PatternType.LITERAL),
        new AccessControlEntry("User:" + USER, "*", operation, AclPermissionType.ALLOW));
  }

  private KafkaTransport with(Map<String, String> properties) {
    return builder(properties).build();
  }

  private KafkaTransport.Builder builder(Map<String, String> properties) {
    KafkaTransport.Builder builder =
        KafkaTransport.builder()
            .bootstrapServers(kafka.bootstrapServers())
            .topic(topic)
            .singleBroker();
    properties.forEach(builder::property);
    return builder;
  }

  private static Map<String, String> properties(String mechanism, String password) {
    return new HashMap<>(kafka.clientProperties(mechanism, USER, password));
  }

  private static PublishCallback callback(CountDownLatch acknowledged) {
    return new PublishCallback() {
      @Override
      public void acknowledged() {
        acknowledged.countDown();
      }

      @Override
      public void failed(TransportException error) {
        throw error;
      }
    };
  }

  private static final class FromOldest implements AssignmentListener {
    @Override
    public Map<Integer, StartOffset> assigned(Channel channel, Set<Integer> partitions) {
      return partitions.stream().collect(Collectors.toMap(p -> p, p -> StartOffset.oldest()));
    }

    @Override
    public void revoked(Set<Integer> partitions) {
      // One member only.
    }
  }
}
