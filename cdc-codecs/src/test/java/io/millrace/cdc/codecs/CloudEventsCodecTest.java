package io.millrace.cdc.codecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.format.EventFormat;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.EventArbitraries;
import io.millrace.cdc.event.Row;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** Read and written by the official SDK. */
final class CloudEventsCodecTest {
  private static final CloudEventsCodec STRUCTURED = CloudEventsCodec.structured();
  private static final CloudEventsCodec BINARY = CloudEventsCodec.binary();
  private static final EventFormat SDK_JSON = new JsonFormat();

  @Test
  void the_sdk_reads_structured_mode_and_we_read_the_sdks() {
    ChangeEvent event = TestEvents.updated();
    Encoded encoded = STRUCTURED.encode(event);
    assertThat(encoded.headers())
        .isEqualTo(Map.of("content-type", "application/cloudevents+json; charset=UTF-8"));
    CloudEvent cloud = SDK_JSON.deserialize(encoded.body());
    hasTheAttributes(cloud);
    assertThat(STRUCTURED.decode(encoded)).isEqualTo(event);
    assertThat(
            STRUCTURED.decode(
                new Encoded(
                    SDK_JSON.serialize(cloud), Map.of("content-type", JsonFormat.CONTENT_TYPE))))
        .isEqualTo(event);
  }

  @Test
  void the_sdk_reads_kafkas_binary_mode_and_we_read_the_sdks() {
    ChangeEvent event = TestEvents.updated();
    CloudEvent cloud = fromKafka(BINARY.encode(event));
    hasTheAttributes(cloud);
    assertThat(JsonCodec.decode(cloud.getData().toBytes())).isEqualTo(event);
    var record = KafkaMessageFactory.createWriter("shop").writeBinary(cloud);
    assertThat(BINARY.decode(fromKafka(record.headers(), record.value()))).isEqualTo(event);
    var structured =
        KafkaMessageFactory.createWriter("shop").writeStructured(cloud, JsonFormat.CONTENT_TYPE);
    assertThat(BINARY.decode(fromKafka(structured.headers(), structured.value()))).isEqualTo(event);
  }

  private static void hasTheAttributes(CloudEvent cloud) {
    assertThat(cloud.getSpecVersion().toString()).isEqualTo("1.0");
    assertThat(cloud.getId()).isEqualTo("billing-0a1b2c3d:00000000000000030009");
    assertThat(cloud.getSource()).hasToString("/billing");
    assertThat(cloud.getType()).isEqualTo("io.millrace.cdc.updated");
    assertThat(cloud.getSubject()).isEqualTo("order/7");
    assertThat(cloud.getTime()).isEqualTo(OffsetDateTime.parse("2026-01-02T03:04:05.000006Z"));
    assertThat(cloud.getDataContentType()).isEqualTo("application/json");
    assertThat(cloud.getExtension("partitionkey")).isEqualTo("order/7");
    assertThat(cloud.getExtension("traceparent"))
        .isEqualTo(TestEvents.updated().headers().get("traceparent"));
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void every_event_comes_back_in_both_modes_and_the_sdk_takes_it(
      @ForAll("events") ChangeEvent event) {
    Encoded structured = STRUCTURED.encode(event);
    Encoded binary = BINARY.encode(event);
    assertThat(STRUCTURED.decode(structured)).isEqualTo(event);
    assertThat(STRUCTURED.decode(binary)).isEqualTo(event);
    assertThat(SDK_JSON.deserialize(structured.body()).getId()).isEqualTo(event.eventId());
    assertThat(JsonCodec.decode(fromKafka(binary).getData().toBytes())).isEqualTo(event);
  }

  @Provide
  Arbitrary<ChangeEvent> events() {
    return EventArbitraries.events().map(event -> event.toBuilder().log("l-1").build());
  }

  @Test
  void attributes_that_cloud_events_cannot_write_are_left_out() {
    ChangeEvent event =
        TestEvents.updated().toBuilder()
            .routingKey("a\u0001")
            .changedAt(Instant.MAX)
            .source("Zoë & co/1")
            .build();
    CloudEvent cloud = fromKafka(BINARY.encode(event));
    assertThat(cloud.getTime()).isNull();
    assertThat(cloud.getExtension("partitionkey")).isNull();
    assertThat(cloud.getSource()).hasToString("/Zo%C3%AB%20%26%20co%2F1");
    assertThat(BINARY.decode(BINARY.encode(event))).isEqualTo(event);
    assertThatThrownBy(() -> BINARY.encode(event.toBuilder().log("a\u0001").build()))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("Give the log another name");
  }

  @Test
  void what_is_wrong_is_refused_by_name() {
    Encoded structured = STRUCTURED.encode(TestEvents.updated());
    refused(structured, "\"specversion\":\"1.0\"", "\"specversion\":\"2.0\"", "'2.0'");
    refused(structured, "\"id\":\"billing", "\"id\":\"other", "changed on its way");
    refused(structured, "\"application/json", "\"text/plain", "'text/plain'");
    refused(structured, "\"data\":{", "\"date\":{", "neither an object 'data' nor");
    refused(structured, "\"format\":1", "\"format\":2", "upgrade");
    refused(structured, "\"hops\":0", "\"hops\":0,\"hops\":0", "Duplicate");
    assertThatThrownBy(() -> BINARY.decode(JsonCodec.instance().encode(TestEvents.updated())))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("ce_specversion");
    Encoded binary = BINARY.encode(TestEvents.updated());
    Map<String, String> headers = new HashMap<>(binary.headers());
    headers.put("ce_id", "other");
    assertThatThrownBy(() -> BINARY.decode(new Encoded(binary.body(), headers)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("order/7");
  }

  private static void refused(Encoded encoded, String from, String to, String message) {
    String text = new String(encoded.body(), StandardCharsets.UTF_8);
    assertThat(text).contains(from);
    byte[] changed = text.replace(from, to).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> STRUCTURED.decode(new Encoded(changed, encoded.headers())))
        .isInstanceOf(EventException.class)
        .hasMessageContaining(message);
  }

  @Test
  void data_in_base64_is_read() {
    ChangeEvent event = TestEvents.updated(Row.empty());
    String json = new String(STRUCTURED.encode(event).body(), StandardCharsets.UTF_8);
    String base64 =
        java.util.Base64.getEncoder().encodeToString(JsonCodec.instance().encode(event).body());
    String packed =
        json.substring(0, json.indexOf("\"data\":")) + "\"data_base64\":\"" + base64 + "\"}";
    assertThat(
            STRUCTURED.decode(
                new Encoded(
                    packed.getBytes(StandardCharsets.UTF_8),
                    Map.of("content-type", "application/cloudevents+json"))))
        .isEqualTo(event);
  }

  /** As the Kafka publisher sends it. */
  private static CloudEvent fromKafka(Encoded encoded) {
    RecordHeaders headers = new RecordHeaders();
    encoded
        .headers()
        .forEach((name, value) -> headers.add(name, value.getBytes(StandardCharsets.UTF_8)));
    return KafkaMessageFactory.createReader(headers, encoded.body()).toEvent();
  }

  /** As the Kafka subscriber receives it. */
  private static Encoded fromKafka(Headers headers, byte[] body) {
    Map<String, String> texts = new HashMap<>();
    for (Header header : headers) {
      texts.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
    }
    return new Encoded(body, texts);
  }
}
