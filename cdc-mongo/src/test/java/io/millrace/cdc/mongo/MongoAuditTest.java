package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Sorts;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.error.UnpublishableException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.testkit.ManualClock;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What became of each event, whatever the transport says. */
@NeedsServer(ServerKind.MONGO)
final class MongoAuditTest {
  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("audit");
  private final ManualClock clock = ManualClock.at("2026-01-01T00:00:00Z");
  private final MongoAudit audit =
      MongoAudit.builder(server.client(), database.getName())
          .clock(clock)
          .retention(Duration.ofDays(3))
          .build();
  private final List<String> told = new CopyOnWriteArrayList<>();

  @AfterEach
  void drop() {
    database.drop();
  }

  /** A broker that says what the routing key asks for. */
  private static final class Broker implements Publisher {
    private final List<String> sent = new CopyOnWriteArrayList<>();

    @Override
    public String describe() {
      return "a broker";
    }

    @Override
    public List<Finding> preflight() {
      return List.of();
    }

    @Override
    public void publish(String routingKey, Encoded event, PublishCallback callback) {
      switch (routingKey) {
        case "too large" -> throw new UnpublishableException("too large", null);
        case "fails" -> callback.failed(new TransportException("fails", null));
        case "refused" -> callback.failed(new UnpublishableException("refused", null));
        case "silent" -> {}
        default -> {
          sent.add(routingKey);
          callback.acknowledged();
        }
      }
    }

    @Override
    public void close(Duration timeout) {}
  }

  private static Encoded event(long id, int bytes) {
    return ProtobufCodec.instance()
        .encode(
            ChangeEvent.builder()
                .type(ChangeType.CREATED)
                .entity("item")
                .key(Row.of("id", Value.of(id)))
                .newValue(Row.of("id", new Value.BytesValue(new byte[bytes])))
                .changedFields(List.of("id"))
                .source("shop")
                .changedAt(Instant.EPOCH)
                .log("shop-1")
                .version(Version.of(1, ByteBuffer.allocate(8).putLong(id).array()))
                .transactionId("t")
                .build());
  }

  private void publish(Publisher publisher, long id, String routingKey, int bytes)
      throws InterruptedException {
    publisher.publish(
        routingKey,
        event(id, bytes),
        new PublishCallback() {
          @Override
          public void acknowledged() {
            told.add(routingKey);
          }

          @Override
          public void failed(TransportException error) {
            told.add(routingKey + "!");
          }
        });
  }

  private List<String> kept() {
    List<String> kept = new ArrayList<>();
    for (Document row :
        database.getCollection("millrace_audit").find().sort(Sorts.ascending("version"))) {
      kept.add(row.get("routing_key") + " " + row.get("state") + " " + row.get("error"));
    }
    return kept;
  }

  @Test
  void what_the_transport_said_is_kept_and_only_what_was_not_sent_is_sent_again() throws Exception {
    audit.install();
    Broker broker = new Broker();
    try (Publisher publisher = audit.around(broker)) {
      publish(publisher, 1, "good", 1);
      publish(publisher, 2, "fails", 1);
      publish(publisher, 3, "refused", 1);
      assertThatThrownBy(() -> publish(publisher, 4, "too large", 1))
          .isInstanceOf(UnpublishableException.class);
      publish(publisher, 5, "silent", 1);
      List<String> expected =
          List.of(
              "good SENT null",
              "fails FAILED fails",
              "refused REFUSED refused",
              "too large REFUSED too large",
              "silent PENDING null");
      await().untilAsserted(() -> assertThat(kept()).isEqualTo(expected));
      await().untilAsserted(() -> assertThat(told).contains("good"));
    }
    assertThat(told).containsExactlyInAnyOrder("good", "fails!", "refused!");
    clock.advance(Duration.ofHours(2));
    // The oldest cannot be sent now either: what is behind it stays.
    assertThatThrownBy(() -> audit.resend(broker, Duration.ofHours(1), 10))
        .isInstanceOf(TransportException.class);
    database
        .getCollection("millrace_audit")
        .updateMany(
            new Document("state", new Document("$in", List.of("FAILED", "PENDING"))),
            new Document("$set", new Document("routing_key", "again")));
    assertThat(audit.resend(broker, Duration.ofHours(1), 10)).isEqualTo(2);
    assertThat(broker.sent).containsExactly("good", "again", "again");
    assertThat(audit.resend(broker, Duration.ofHours(1), 10)).isZero();
    List<Document> indexes =
        database.getCollection("millrace_audit").listIndexes().into(new ArrayList<>());
    assertThat(indexes)
        .anyMatch(
            index ->
                index.get("key").equals(new Document("sent_at", 1))
                    && ((Number) index.get("expireAfterSeconds")).longValue() == 3 * 86_400);
  }

  private void setSortMemory(Object bytes, List<Object> before) {
    before.add(
        server
            .client()
            .getDatabase("admin")
            .runCommand(
                new Document("setParameter", 1)
                    .append("internalQueryMaxBlockingSortMemoryUsageBytes", bytes))
            .get("was"));
  }

  @Test
  void what_is_left_over_is_sent_in_the_order_of_the_log_whatever_the_clock_said_and_its_size()
      throws Exception {
    Broker broker = new Broker();
    try (Publisher publisher = audit.around(broker)) {
      for (long id = 1; id <= 4; id++) {
        publish(publisher, id, "silent", 1 << 20);
        int many = (int) id;
        await().untilAsserted(() -> assertThat(kept()).hasSize(many));
        clock.advance(Duration.ofSeconds(-10)); // it was set, or another machine went on
      }
    }
    for (long id = 1; id <= 4; id++) {
      database
          .getCollection("millrace_audit")
          .updateOne(
              new Document("id", Long.toString(id)),
              new Document("$set", new Document("routing_key", "again " + id)));
    }
    clock.advance(Duration.ofHours(2));
    List<Object> before = new ArrayList<>();
    setSortMemory(1 << 20, before); // the server's default is 100 MB
    try {
      assertThat(audit.resend(broker, Duration.ofHours(1), 10)).isEqualTo(4);
    } finally {
      setSortMemory(before.get(0), before);
    }
    assertThat(broker.sent).containsExactly("again 1", "again 2", "again 3", "again 4");
  }

  @Test
  void an_audit_that_was_not_installed_is_told() {
    Publisher publisher = audit.around(new Broker());
    assertThat(publisher.preflight())
        .extracting(Finding::code)
        .containsExactly("audit-not-installed");
    audit.install();
    assertThat(publisher.preflight()).isEmpty();
    publisher.close();
  }

  @Test
  void what_no_document_can_hold_is_kept_without_its_body() throws Exception {
    Broker broker = new Broker();
    try (Publisher publisher = audit.around(broker)) {
      publish(publisher, 1, "large", 17 << 20);
      publish(publisher, 2, "small", 1);
      await().untilAsserted(() -> assertThat(told).containsExactly("large", "small"));
    }
    Document large = database.getCollection("millrace_audit").find(new Document("id", "1")).first();
    assertThat(large).isNotNull().containsEntry("state", "SENT").doesNotContainKey("body");
    assertThat(large.getInteger("body_bytes")).isGreaterThan(17 << 20);
  }
}
