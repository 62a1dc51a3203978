package io.millrace.examples.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.Unreadable;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.kafka.KafkaTransport;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.position.JdbcPositions;
import io.millrace.cdc.postgres.PostgresSource;
import io.millrace.cdc.postgres.PostgresTarget;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Records that an applier cannot read: it stops there and says which and why; what stands before is
 * applied, what is behind stays on the topic, and nothing is lost when the cause is gone.
 */
@NeedsServer({ServerKind.POSTGRES, ServerKind.KAFKA})
class BadInputTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final KafkaServer kafka = KafkaServer.shared();
  private String topic = kafka.uniqueName("bad-input");
  private final Database from = PostgresServer.shared().createDatabase("bad_from");
  private final Database to = PostgresServer.shared().createDatabase("bad_to");

  /** What another program may leave on a topic. */
  enum Foreign {
    BYTES("they are no millrace.cdc.v1.ChangeEvent"),
    NO_VALUE("names no format"),
    JSON("of content type 'application/json'");

    final String said;

    Foreign(String said) {
      this.said = said;
    }

    ProducerRecord<byte[], byte[]> record(String topic) {
      byte[] key = utf8("intruder");
      return switch (this) {
        case BYTES -> new ProducerRecord<>(topic, 0, key, utf8("\u00ff\u0007 not ours"));
        case NO_VALUE -> new ProducerRecord<>(topic, 0, key, null);
        case JSON -> {
          ProducerRecord<byte[], byte[]> record =
              new ProducerRecord<>(topic, 0, key, utf8("{\"id\": 1}"));
          record.headers().add("content-type", utf8("application/json"));
          yield record;
        }
      };
    }
  }

  @BeforeEach
  void tables() {
    kafka.createTopic(topic, 1);
    from.execute("create table item (id int primary key, v int)");
    to.execute("create table item (id int primary key, v int)");
    source().changeLog().install();
  }

  @AfterEach
  void drop() {
    from.drop();
    to.drop();
  }

  @ParameterizedTest
  @EnumSource
  void
      a_record_that_is_no_event_stops_the_applier_by_name_and_is_kept_whole_where_the_policy_says_so(
          Foreign foreign) throws Exception {
    publish("insert into item select i, 1 from generate_series(1, 20) i");
    long bad = send(foreign.record(topic));
    publish("update item set v = 2 where id <= 10", "insert into item values (21, 1)");
    String message = stopped(ProtobufCodec.instance());
    assertThat(message)
        .contains(
            foreign.said,
            "Applier 'in'",
            "partition 0 offset " + bad,
            "routing key 'intruder'",
            "onUnreadable(Unreadable.HOLD)");
    // All before it is here, nothing after it, and a restart comes to the same place.
    assertThat(to.number("select count(*) from item where v = 1")).isEqualTo(20);
    assertThat(nextOffset()).isEqualTo(bad);
    assertThat(stopped(ProtobufCodec.instance())).isEqualTo(message);
    assertThat(to.number("select count(*) from item")).isEqualTo(20);

    leftOut(foreign, bad);
  }

  @Test
  void a_record_that_is_no_event_can_be_left_out_where_it_is_the_first_of_its_partition()
      throws Exception {
    long bad = send(Foreign.BYTES.record(topic));
    publish("insert into item values (1, 1)");
    assertThat(stopped(ProtobufCodec.instance())).contains("partition 0 offset " + bad);
    leftOut(Foreign.BYTES, bad);
  }

  /** Keeps the record, goes on past it, and then drops it. */
  private void leftOut(Foreign foreign, long offset) {
    try (Applier applier = applier(ProtobufCodec.instance(), Unreadable.HOLD)) {
      applier.start();
      awaitEqual(applier);
      assertThat(applier.held())
          .singleElement()
          .satisfies(
              held -> {
                assertThat(held.error()).contains(foreign.said);
                assertThat(held.firstOffset()).isEqualTo(offset);
                assertThat(applier.discard(held.key())).isTrue();
              });
      assertThat(applier.held()).isEmpty();
    }
  }

  @Test
  void an_event_of_a_newer_contract_waits_on_the_topic_for_the_newer_release() throws Exception {
    publish("insert into item select i, 1 from generate_series(1, 3) i");
    List<ConsumerRecord<byte[], byte[]>> events = events(3);
    topic = kafka.uniqueName("newer");
    kafka.createTopic(topic, 1);
    send(copy(events.get(0), events.get(0).value()));
    byte[] newer =
        io.millrace.cdc.v1.ChangeEvent.parseFrom(events.get(1).value()).toBuilder()
            .setFormat(2)
            .build()
            .toByteArray();
    send(copy(events.get(1), newer));
    send(copy(events.get(2), events.get(2).value()));
    assertThat(stopped(ProtobufCodec.instance()))
        .contains("it has format 2, this library reads up to 1", "upgrade", "partition 0 offset 1");
    assertThat(to.query("select id from item")).isEqualTo(List.of(List.of(1)));
    becomesEqual(new NewerRelease());
  }

  @Test
  void a_record_of_another_format_by_its_header_is_named_with_both() throws Exception {
    publish("insert into item values (1, 1)");
    ConsumerRecord<byte[], byte[]> record = events(1).get(0);
    ProducerRecord<byte[], byte[]> newer = copy(record, record.value());
    newer.headers().remove(ProtobufCodec.CONTENT_TYPE_HEADER);
    newer
        .headers()
        .add(
            ProtobufCodec.CONTENT_TYPE_HEADER,
            utf8("application/x-protobuf;message=millrace.cdc.v2.ChangeEvent"));
    long bad = send(newer);
    assertThat(stopped(ProtobufCodec.instance()))
        .contains(
            "partition 0 offset " + bad,
            "millrace.cdc.v2.ChangeEvent",
            "millrace.cdc.v1.ChangeEvent",
            "Give the reader the codec that the writer uses");
    assertThat(nextOffset()).isEqualTo(bad);
  }

  /** A release that reads format 2. */
  private static final class NewerRelease implements EventCodec {
    @Override
    public String contentType() {
      return ProtobufCodec.instance().contentType();
    }

    @Override
    public Encoded encode(ChangeEvent event) {
      return ProtobufCodec.instance().encode(event);
    }

    @Override
    public ChangeEvent decode(Encoded encoded) {
      try {
        byte[] known =
            io.millrace.cdc.v1.ChangeEvent.parseFrom(encoded.body()).toBuilder()
                .setFormat(1)
                .build()
                .toByteArray();
        return ProtobufCodec.instance().decode(new Encoded(known, encoded.headers()));
      } catch (com.google.protobuf.InvalidProtocolBufferException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private PostgresSource source() {
    return PostgresSource.builder(from.dataSource())
        .service("from")
        .capture("public.item", t -> t.entity("item"))
        .build();
  }

  private KafkaTransport transport() {
    return KafkaTransport.builder()
        .bootstrapServers(kafka.bootstrapServers())
        .topic(topic)
        .singleBroker()
        .build();
  }

  /** Runs statements and publishes what they changed. */
  private void publish(String... statements) {
    from.execute(statements);
    try (Pipeline pipeline =
        Pipeline.builder("out")
            .from(source())
            .to(transport().publisher())
            .positions(JdbcPositions.in(from.dataSource()))
            .firstStart(FirstStart.OLDEST)
            .saveInterval(Duration.ofMillis(20))
            .build()) {
      pipeline.start();
      await()
          .atMost(LIMIT)
          .until(
              () ->
                  pipeline.status().counters().acknowledged() > 0
                      && pipeline.status().inFlightEvents() == 0
                      && pipeline.status().lag().equals(Optional.of(Duration.ZERO)));
    }
  }

  private Applier applier(EventCodec codec) {
    return applier(codec, Unreadable.STOP);
  }

  private Applier applier(EventCodec codec, Unreadable unreadable) {
    return Applier.builder("in")
        .service("to")
        .from(transport().subscriber(topic))
        .codec(codec)
        .onUnreadable(unreadable)
        .to(
            PostgresTarget.builder(to.dataSource())
                .mirror("item", "public.item", m -> m.columns("id", "v"))
                .build())
        .build();
  }

  /** Runs an applier until it stops, and what it says. */
  private String stopped(EventCodec codec) {
    try (Applier applier = applier(codec)) {
      applier.start();
      await().atMost(LIMIT).until(() -> applier.status().state() == ApplierState.FAILED);
      assertThat(applier.status().healthy()).isFalse();
      return applier.status().lastError().orElseThrow();
    }
  }

  private void becomesEqual(EventCodec codec) {
    try (Applier applier = applier(codec)) {
      applier.start();
      awaitEqual(applier);
    }
  }

  private void awaitEqual(Applier applier) {
    String rows = "select id, v from item order by id";
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(to.query(rows)).as("%s", applier.status()).isEqualTo(from.query(rows)));
  }

  private long nextOffset() {
    return to.number("select next_offset from millrace.applier_offset where applier = 'in'");
  }

  private long send(ProducerRecord<byte[], byte[]> record) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      return producer.send(record).get().offset();
    }
  }

  private ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> record, byte[] value) {
    return new ProducerRecord<>(topic, 0, record.key(), value, record.headers());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The records of the first so many changes on the topic; heartbeats are left out. */
  private List<ConsumerRecord<byte[], byte[]>> events(int count) {
    List<ConsumerRecord<byte[], byte[]>> events = new ArrayList<>();
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long start = System.nanoTime();
      while (events.size() < count) {
        assertThat(System.nanoTime() - start).as("read %s", events).isLessThan(LIMIT.toNanos());
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          Encoded encoded = new Encoded(record.value(), Map.of());
          if (ProtobufCodec.instance().decode(encoded).entity().equals("item")) {
            events.add(record);
          }
        }
      }
    }
    return events;
  }
}
