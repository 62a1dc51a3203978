package io.millrace.cdc.codec;

import static io.millrace.cdc.codec.WireBytes.unusual;
import static io.millrace.cdc.codec.WireBytes.usual;

import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Reads rows and values for {@link UsualEvent}. */
final class UsualRow {
  private static final int FIELD = (1 << 3) | BackwardBytes.LENGTH;
  private static final int FIELD_NAME = (1 << 3) | BackwardBytes.LENGTH;
  private static final int FIELD_VALUE = (2 << 3) | BackwardBytes.LENGTH;
  private static final int PARTIAL = 2 << 3;

  /** Deeper ones are left to the generated messages, which count the levels. */
  private static final int DEEPEST = 50;

  private final WireBytes in;

  UsualRow(WireBytes in) {
    this.in = in;
  }

  /** The row whose length stands here. */
  Row read(int depth) {
    usual(depth < DEEPEST);
    int outer = in.enter();
    int begin = in.position();
    int count = 0;
    int hash = 1;
    boolean partial = false;
    while (!in.atEnd()) {
      int tag = in.tag();
      if (tag == FIELD) {
        int row = in.enter();
        usual(in.tag() == FIELD_NAME);
        hash = in.hashText(hash);
        in.skipRest();
        in.leave(row);
        count++;
      } else {
        usual(tag == PARTIAL);
        partial = in.varint() != 0;
      }
    }
    in.back(begin);
    Row row = count == 0 && !partial ? Row.empty() : fields(hash, count, partial, depth);
    in.skipRest();
    in.leave(outer);
    return row;
  }

  private Row fields(int hash, int count, boolean partial, int depth) {
    FieldShapes.Shape shape = FieldShapes.find(hash, count);
    List<String> names = shape == null ? new ArrayList<>(count) : List.of();
    Value[] values = new Value[count];
    for (int i = 0; i < count; ) {
      if (in.tag() == PARTIAL) {
        in.varint();
        continue;
      }
      int row = in.enter();
      in.tag();
      if (shape == null) {
        names.add(in.text());
      } else {
        in.expectText(shape.texts()[i]);
      }
      usual(!in.atEnd() && in.tag() == FIELD_VALUE);
      values[i++] = value(depth);
      usual(in.atEnd());
      in.leave(row);
    }
    FieldNames all = shape == null ? FieldShapes.keep(hash, names) : shape.names();
    return Row.wrap(all, values, partial);
  }

  private Value value(int depth) {
    int outer = in.enter();
    Value value = content(in.tag(), depth);
    usual(in.atEnd()); // of two kinds the last one counts
    in.leave(outer);
    return value;
  }

  private Value content(int tag, int depth) {
    return switch (tag) {
      case 1 << 3 -> {
        usual(in.varint() == 0);
        yield Value.NULL;
      }
      case 2 << 3 -> Value.of(in.varint() != 0);
      case 3 << 3 -> Value.of(in.zigzag());
      case 4 << 3 -> new Value.UInt64Value(in.varint());
      case (5 << 3) | BackwardBytes.FIXED64 ->
          new Value.DoubleValue(Double.longBitsToDouble(in.fixed(Long.BYTES)));
      case (6 << 3) | BackwardBytes.FIXED32 ->
          new Value.FloatValue(Float.intBitsToFloat((int) in.fixed(Integer.BYTES)));
      case (7 << 3) | BackwardBytes.LENGTH -> new Value.DecimalValue(in.text());
      case (8 << 3) | BackwardBytes.LENGTH -> new Value.StringValue(in.text());
      case (9 << 3) | BackwardBytes.LENGTH -> new Value.BytesValue(in.content());
      case 10 << 3 -> new Value.DateValue(in.zigzag());
      case 11 << 3 -> new Value.TimeValue(in.zigzag());
      case (12 << 3) | BackwardBytes.LENGTH -> time(false);
      case (13 << 3) | BackwardBytes.LENGTH -> time(true);
      case (14 << 3) | BackwardBytes.LENGTH -> uuid();
      case (15 << 3) | BackwardBytes.LENGTH -> new Value.JsonValue(in.text());
      case (16 << 3) | BackwardBytes.LENGTH -> list(depth + 1);
      case (17 << 3) | BackwardBytes.LENGTH -> new Value.DocumentValue(read(depth + 1));
      case (18 << 3) | BackwardBytes.LENGTH -> raw();
      case 19 << 3 -> {
        int zigzag = (int) in.varint();
        yield new Value.Int32Value((zigzag >>> 1) ^ -(zigzag & 1));
      }
      default -> throw unusual();
    };
  }

  private Value time(boolean instant) {
    long seconds = 0;
    int nanos = 0;
    int outer = in.enter();
    while (!in.atEnd()) {
      switch (in.tag()) {
        case 1 << 3 -> seconds = in.zigzag();
        case 2 << 3 -> nanos = (int) in.varint();
        default -> throw unusual();
      }
    }
    in.leave(outer);
    return instant
        ? new Value.TimestampValue(seconds, nanos)
        : new Value.DateTimeValue(seconds, nanos);
  }

  private Value uuid() {
    byte[] bytes = in.content();
    usual(bytes.length == 2 * Long.BYTES);
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Value.UuidValue(new UUID(buffer.getLong(), buffer.getLong()));
  }

  private Value list(int depth) {
    usual(depth < DEEPEST);
    List<Value> values = new ArrayList<>();
    int outer = in.enter();
    while (!in.atEnd()) {
      usual(in.tag() == ((1 << 3) | BackwardBytes.LENGTH));
      values.add(value(depth));
    }
    in.leave(outer);
    return new Value.ListValue(values);
  }

  private Value raw() {
    String type = "";
    String text = "";
    int outer = in.enter();
    while (!in.atEnd()) {
      switch (in.tag()) {
        case (1 << 3) | BackwardBytes.LENGTH -> type = in.text();
        case (2 << 3) | BackwardBytes.LENGTH -> text = in.text();
        default -> throw unusual();
      }
    }
    in.leave(outer);
    return new Value.RawValue(type, text);
  }
}
