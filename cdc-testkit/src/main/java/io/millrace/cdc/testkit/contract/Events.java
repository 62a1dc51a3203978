package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Makes events by hand and puts them on a channel. */
public final class Events {
  private static final String LOG = "billing-00000001";

  private final Publisher publisher;
  private final String entity;
  private long versions;

  Events(Publisher publisher, String entity) {
    this.publisher = publisher;
    this.entity = entity;
  }

  static Row row(Object... namesAndValues) {
    Row.Builder row = Row.builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      row.put((String) namesAndValues[i], value(namesAndValues[i + 1]));
    }
    return row.build();
  }

  static Value value(Object value) {
    if (value instanceof Value ready) {
      return ready;
    }
    if (value instanceof Number number && !(value instanceof java.math.BigDecimal)) {
      return Value.of(number.longValue());
    }
    return value instanceof java.math.BigDecimal decimal
        ? Value.of(decimal)
        : Value.of(value.toString());
  }

  ChangeEvent.Builder event(ChangeType type, Object id) {
    return ChangeEvent.builder()
        .type(type)
        .entity(entity)
        .key(row("id", id))
        .source("billing")
        .changedAt(Instant.parse("2026-01-01T00:00:00Z"))
        .log(LOG)
        .version(version(++versions))
        .transactionId("t" + versions);
  }

  static Version version(long n) {
    return Version.of(1, ByteBuffer.allocate(8).putLong(n).array());
  }

  /** A whole new row; names and values in turn. */
  public ChangeEvent created(Object id, Object... namesAndValues) {
    return state(ChangeType.CREATED, id, namesAndValues);
  }

  /** A whole changed row; names and values in turn. */
  public ChangeEvent updated(Object id, Object... namesAndValues) {
    return state(ChangeType.UPDATED, id, namesAndValues);
  }

  private ChangeEvent state(ChangeType type, Object id, Object... namesAndValues) {
    Row.Builder whole = Row.builder().put("id", value(id));
    Row rest = row(namesAndValues);
    for (int i = 0; i < rest.size(); i++) {
      whole.put(rest.name(i), rest.value(i));
    }
    Row row = whole.build();
    return event(type, id).newValue(row).changedFields(row.names().asList()).build();
  }

  /** A row that is gone. */
  public ChangeEvent deleted(Object id) {
    return event(ChangeType.DELETED, id).build();
  }

  /**
   * The two events of a key change, as a source makes them: DELETED of the old key, CREATED of the
   * new one; names and values of the new state without the key in turn.
   */
  public List<ChangeEvent> moved(Object from, Object to, Object... namesAndValues) {
    ChangeEvent arrived = created(to, namesAndValues);
    ChangeEvent left =
        event(ChangeType.DELETED, from)
            .previousKey(row("id", to))
            .version(version(versions - 1, (byte) 0))
            .transactionId(arrived.transactionId())
            .build();
    versions--; // both have the same place in the log
    return List.of(
        left,
        arrived.toBuilder()
            .previousKey(row("id", from))
            .version(version(versions, (byte) 1))
            .build());
  }

  private static Version version(long n, byte ordinal) {
    return Version.of(1, ByteBuffer.allocate(9).putLong(n).put(ordinal).array());
  }

  /** Publishes them, in order. */
  public Events send(ChangeEvent... events) throws InterruptedException {
    for (ChangeEvent event : events) {
      publisher.publish(event.routingKey(), ProtobufCodec.instance().encode(event), new Failing());
    }
    return this;
  }

  /** Publishes bytes that may be no event. */
  void sendBytes(String routingKey, byte[] bytes) throws InterruptedException {
    publisher.publish(routingKey, new Encoded(bytes, Map.of()), new Failing());
  }

  private static final class Failing implements PublishCallback {
    @Override
    public void acknowledged() {}

    @Override
    public void failed(TransportException error) {
      throw error;
    }
  }
}
