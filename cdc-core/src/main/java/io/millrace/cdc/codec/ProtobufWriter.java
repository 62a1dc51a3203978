package io.millrace.cdc.codec;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.internal.Check;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * From the model straight to the bytes that the generated messages would give, which a test holds
 * it to; IllegalArgumentException where the wire cannot say it. Fields are written from the highest
 * number down ({@link BackwardBytes}). The numbers are those of {@code change_event.proto}.
 */
final class ProtobufWriter {
  private final BackwardBytes out;

  private ProtobufWriter(BackwardBytes out) {
    this.out = out;
  }

  static byte[] event(ChangeEvent event) {
    return bytes(writer -> writer.write(event));
  }

  static byte[] row(Row row) {
    return bytes(writer -> writer.content(row, 0));
  }

  private static byte[] bytes(Consumer<ProtobufWriter> content) {
    try {
      return written(BackwardBytes.usual(), content).toBytes();
    } catch (BackwardBytes.Large e) {
      int size = written(BackwardBytes.measure(), content).size();
      return written(BackwardBytes.ofSize(size), content).toBytes();
    }
  }

  private static BackwardBytes written(BackwardBytes out, Consumer<ProtobufWriter> content) {
    content.accept(new ProtobufWriter(out));
    return out;
  }

  /** The text, where it has a form in UTF-8. */
  static String text(String text) {
    BackwardBytes.refuseHalves(text);
    return text;
  }

  private void write(ChangeEvent event) {
    varint(19, ProtobufCodec.FORMAT);
    out.textUnlessEmpty(18, event.schema());
    headers(event.headers());
    varintUnlessZero(16, event.hops());
    out.textUnlessEmpty(15, event.transactionId());
    byte[] version = event.version().toBytes();
    int before = out.size();
    out.hex(version);
    out.text(":");
    out.text(event.log());
    out.part(14, before);
    bytes(13, version);
    out.textUnlessEmpty(12, event.log());
    out.textUnlessEmpty(11, event.routingKey());
    row(10, event.previousKey());
    row(9, event.key());
    row(8, event.oldValue());
    out.textUnlessEmpty(7, event.entity());
    changedAt(event.changedAt());
    out.textUnlessEmpty(5, event.source());
    List<String> changed = event.changedFields();
    for (int i = changed.size() - 1; i >= 0; i--) {
      out.text(4, changed.get(i));
    }
    row(3, event.newValue());
    varint(2, number(event.type()));
    out.textUnlessEmpty(1, event.id());
  }

  private static int number(ChangeType type) {
    return switch (type) {
      case UNKNOWN -> throw new IllegalArgumentException("its type is UNKNOWN");
      case CREATED -> 1;
      case UPDATED -> 2;
      case DELETED -> 3;
      case SNAPSHOT -> 4;
      case TRUNCATED -> 5;
      case MESSAGE -> 6;
    };
  }

  /** Sorted, so that the same event always gives the same bytes. */
  private void headers(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return;
    }
    String[] names = headers.keySet().toArray(new String[0]);
    Arrays.sort(names);
    for (int i = names.length - 1; i >= 0; i--) {
      int before = out.size();
      out.text(2, Check.notNull(headers.get(names[i]), "header"));
      out.text(1, names[i]);
      out.part(17, before);
    }
  }

  /** Protobuf's own Timestamp, whose numbers are not zigzag. */
  private void changedAt(Instant instant) {
    int before = out.size();
    varintUnlessZero(2, instant.getNano());
    varintUnlessZero(1, instant.getEpochSecond());
    out.part(6, before);
  }

  private void row(int field, @Nullable Row row) {
    if (row != null) {
      int before = out.size();
      content(row, 0);
      out.part(field, before);
    }
  }

  private void content(Row row, int depth) {
    if (row.partial()) {
      varint(2, 1);
    }
    for (int i = row.size() - 1; i >= 0; i--) {
      String name = row.name(i);
      try {
        int before = out.size();
        value(2, row.value(i), depth);
        out.textUnlessEmpty(1, name);
        out.part(1, before);
      } catch (IllegalArgumentException cause) {
        throw new IllegalArgumentException("field '" + name + "': " + cause.getMessage(), cause);
      }
    }
  }

  private void value(int field, Value value, int depth) {
    int before = out.size();
    switch (value.kind()) {
      case NULL -> varint(1, 0);
      case BOOL -> varint(2, ((Value.BoolValue) value).value() ? 1 : 0);
      case INT32 -> zigzag(19, ((Value.Int32Value) value).value());
      case INT64 -> zigzag(3, ((Value.Int64Value) value).value());
      case UINT64 -> varint(4, ((Value.UInt64Value) value).value());
      // One bit pattern for every NaN: equal values give equal bytes.
      case DOUBLE -> {
        out.fixed(Double.doubleToLongBits(((Value.DoubleValue) value).value()), Long.BYTES);
        out.tag(5, BackwardBytes.FIXED64);
      }
      case FLOAT -> {
        out.fixed(Float.floatToIntBits(((Value.FloatValue) value).value()), Integer.BYTES);
        out.tag(6, BackwardBytes.FIXED32);
      }
      case DECIMAL -> out.text(7, ((Value.DecimalValue) value).text());
      case STRING -> out.text(8, ((Value.StringValue) value).value());
      case BYTES -> bytes(9, ((Value.BytesValue) value).value());
      case DATE -> zigzag(10, ((Value.DateValue) value).epochDay());
      case TIME -> zigzag(11, ((Value.TimeValue) value).micros());
      case DATETIME -> {
        Value.DateTimeValue time = (Value.DateTimeValue) value;
        time(12, time.epochSecond(), time.nano());
      }
      case TIMESTAMP -> {
        Value.TimestampValue time = (Value.TimestampValue) value;
        time(13, time.epochSecond(), time.nano());
      }
      case UUID -> uuid(((Value.UuidValue) value).value());
      case JSON -> out.text(15, ((Value.JsonValue) value).text());
      case LIST -> list(((Value.ListValue) value).values(), deeper(depth));
      case DOCUMENT -> {
        content(((Value.DocumentValue) value).fields(), deeper(depth));
        out.part(17, before);
      }
      case RAW -> raw((Value.RawValue) value);
    }
    out.part(field, before);
  }

  private void time(int field, long epochSecond, int nano) {
    int before = out.size();
    varintUnlessZero(2, nano);
    if (epochSecond != 0) {
      zigzag(1, epochSecond);
    }
    out.part(field, before);
  }

  private void uuid(UUID uuid) {
    int before = out.size();
    out.bigEndian(uuid.getLeastSignificantBits());
    out.bigEndian(uuid.getMostSignificantBits());
    out.part(14, before);
  }

  private void list(List<Value> values, int depth) {
    int before = out.size();
    for (int i = values.size() - 1; i >= 0; i--) {
      value(1, values.get(i), depth);
    }
    out.part(16, before);
  }

  private void raw(Value.RawValue raw) {
    int before = out.size();
    out.textUnlessEmpty(2, raw.text());
    out.textUnlessEmpty(1, raw.type());
    out.part(18, before);
  }

  private static int deeper(int depth) {
    if (depth >= ProtobufCodec.MAX_DEPTH) {
      Check.argument(
          false, "lists or documents nest deeper than %s levels", ProtobufCodec.MAX_DEPTH);
    }
    return depth + 1;
  }

  private void bytes(int field, byte[] content) {
    int before = out.size();
    out.raw(content);
    out.part(field, before);
  }

  private void varint(int field, long value) {
    out.varint(value);
    out.tag(field, BackwardBytes.VARINT);
  }

  private void varintUnlessZero(int field, long value) {
    if (value != 0) {
      varint(field, value);
    }
  }

  private void zigzag(int field, long value) {
    out.zigzag(value);
    out.tag(field, BackwardBytes.VARINT);
  }
}
