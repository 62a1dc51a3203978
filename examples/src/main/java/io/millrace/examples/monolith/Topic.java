package io.millrace.examples.monolith;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.cdc.v1.ChangeEvent;
import io.millrace.cdc.v1.Field;
import io.millrace.cdc.v1.Row;
import io.millrace.cdc.v1.Type;
import io.millrace.cdc.v1.Value;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * The topic from its start without its heartbeats, read by a plain Kafka consumer that knows the
 * contract's {@code .proto} and nothing of the library.
 */
public final class Topic {
  /**
   * An event as the judge sees it.
   *
   * @param eventId the event's own name: the same change sent twice has the same
   * @param change {@link Change#line()}; empty for what is not a row's change
   * @param hops 0 for a change that somebody made by hand
   */
  public record Event(String eventId, String change, int hops) {}

  /** Says that a pipeline lives, and nothing else: docs/contract.md, Heartbeats. */
  private static final String HEARTBEAT = "millrace.heartbeat";

  private Topic() {}

  /** All of it that is there now. */
  public static List<Event> read(String bootstrapServers, String topic)
      throws InvalidProtocolBufferException {
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ConsumerConfig.GROUP_ID_CONFIG,
            "judge-" + UUID.randomUUID(),
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false);
    List<Event> events = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
      while (!ends.isEmpty()) {
        for (ConsumerRecord<byte[], byte[]> message : consumer.poll(Duration.ofMillis(200))) {
          ChangeEvent event = ChangeEvent.parseFrom(message.value());
          if (!event.getEntity().equals(HEARTBEAT)) {
            events.add(event(event));
          }
        }
        ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
      }
    }
    return events;
  }

  private static Event event(ChangeEvent event) {
    if (event.getType() == Type.MESSAGE) {
      return new Event(event.getEventId(), "", event.getHops());
    }
    Map<String, @Nullable String> fields = new TreeMap<>();
    for (String path : event.getChangedFieldsList()) {
      put(fields, path, get(event.getNewVal(), path));
    }
    Change change =
        new Change(
            event.getSource(), event.getEntity(), event.getId(), event.getType().name(), fields);
    return new Event(event.getEventId(), change.line(), event.getHops());
  }

  /** A field by its own name, whatever document it lies in. */
  private static void put(Map<String, @Nullable String> fields, String path, Value value) {
    if (value.getKindCase() == Value.KindCase.DOCUMENT_VALUE) {
      for (Field inner : value.getDocumentValue().getFieldsList()) {
        put(fields, inner.getName(), inner.getValue());
      }
    } else {
      fields.put(path.substring(path.lastIndexOf('.') + 1), text(value));
    }
  }

  /**
   * The value at a path; a name that itself holds dots comes first. Null where the row says
   * nothing.
   */
  private static Value get(Row row, String path) {
    int dot = path.indexOf('.');
    for (Field field : row.getFieldsList()) {
      if (field.getName().equals(path)) {
        return field.getValue();
      }
      if (dot > 0 && field.getName().equals(path.substring(0, dot))) {
        return get(field.getValue().getDocumentValue(), path.substring(dot + 1));
      }
    }
    return Value.newBuilder().setNullValueValue(0).build();
  }

  /** The same text as {@link ColumnType#read} gives for the same value. */
  private static @Nullable String text(Value value) {
    return switch (value.getKindCase()) {
      case NULL_VALUE -> null;
      case BOOL_VALUE -> value.getBoolValue() ? "1" : "0";
      case INT32_VALUE -> Integer.toString(value.getInt32Value());
      case INT64_VALUE -> Long.toString(value.getInt64Value());
      case UINT64_VALUE -> Long.toUnsignedString(value.getUint64Value());
      case DECIMAL_VALUE -> ColumnType.decimal(new BigDecimal(value.getDecimalValue()));
      case STRING_VALUE -> value.getStringValue();
      case JSON_VALUE -> value.getJsonValue();
      case BYTES_VALUE -> HexFormat.of().formatHex(value.getBytesValue().toByteArray());
      case DATE_VALUE -> LocalDate.ofEpochDay(value.getDateValue()).toString();
      case DATETIME_VALUE ->
          ColumnType.instant(
              Instant.ofEpochSecond(
                  value.getDatetimeValue().getSeconds(), value.getDatetimeValue().getNanos()));
      case TIMESTAMP_VALUE ->
          ColumnType.instant(
              Instant.ofEpochSecond(
                  value.getTimestampValue().getSeconds(), value.getTimestampValue().getNanos()));
      case LIST_VALUE ->
          ShopDocuments.lineText(
              value.getListValue().getValuesList().stream().map(Topic::line).toList());
      default ->
          throw new IllegalStateException("The shop has no column of kind " + value.getKindCase());
    };
  }

  /** An element of an order's lines. */
  private static Map<String, @Nullable String> line(Value element) {
    Map<String, @Nullable String> line = new TreeMap<>();
    for (Field field : element.getDocumentValue().getFieldsList()) {
      line.put(field.getName(), text(field.getValue()));
    }
    return line;
  }
}
