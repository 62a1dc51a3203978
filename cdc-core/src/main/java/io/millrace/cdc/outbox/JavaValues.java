package io.millrace.cdc.outbox;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Java's objects as values. What it does not know is refused by name. */
final class JavaValues {
  private static final long NANOS_PER_MICRO = 1_000;

  private JavaValues() {}

  /**
   * The value of an object.
   *
   * @param where which field this is, for the message
   */
  static Value of(@Nullable Object object, String where) {
    if (object == null) {
      return Value.NULL;
    }
    if (object instanceof Value value) {
      return value;
    }
    if (object instanceof Number number) {
      return number(number, where);
    }
    if (object instanceof Optional<?> optional) {
      return of(optional.orElse(null), where);
    }
    if (object instanceof Boolean bool) {
      return Value.of(bool);
    }
    if (object instanceof CharSequence || object instanceof Character) {
      return Value.of(object.toString());
    }
    if (object instanceof Enum<?> constant) {
      return Value.of(constant.name());
    }
    if (object instanceof byte[] bytes) {
      return Value.of(bytes.clone());
    }
    if (object instanceof UUID uuid) {
      return Value.of(uuid);
    }
    Value time = time(object, where);
    return time == null ? composed(object, where) : time;
  }

  private static Value number(Number number, String where) {
    if (number instanceof Integer
        || number instanceof Long
        || number instanceof Short
        || number instanceof Byte) {
      return Value.of(number.longValue());
    }
    if (number instanceof BigDecimal decimal) {
      return Value.of(decimal);
    }
    if (number instanceof BigInteger integer) {
      return Value.of(new BigDecimal(integer));
    }
    if (number instanceof Double wide) {
      return new Value.DoubleValue(wide);
    }
    if (number instanceof Float slim) {
      return new Value.FloatValue(slim);
    }
    throw unknown(number, where);
  }

  private static @Nullable Value time(Object object, String where) {
    if (object instanceof Instant instant) {
      return Value.TimestampValue.of(instant);
    }
    if (object instanceof OffsetDateTime offset) {
      return Value.TimestampValue.of(offset.toInstant());
    }
    if (object instanceof ZonedDateTime zoned) {
      return Value.TimestampValue.of(zoned.toInstant());
    }
    if (object instanceof LocalDateTime local) {
      return Value.DateTimeValue.of(local);
    }
    if (object instanceof LocalDate date) {
      return new Value.DateValue(date.toEpochDay());
    }
    if (object instanceof LocalTime clock) {
      return new Value.TimeValue(micros(clock.toNanoOfDay(), where));
    }
    if (object instanceof Duration duration) {
      return new Value.TimeValue(micros(duration.toNanos(), where));
    }
    return null;
  }

  private static long micros(long nanos, String where) {
    if (nanos % NANOS_PER_MICRO != 0) {
      throw new IllegalArgumentException(
          where + " has nanoseconds, and a time holds microseconds: round it first");
    }
    return nanos / NANOS_PER_MICRO;
  }

  private static Value composed(Object object, String where) {
    if (object instanceof Collection<?> collection) {
      List<Value> values = new ArrayList<>(collection.size());
      collection.forEach(element -> values.add(of(element, where)));
      return new Value.ListValue(values);
    }
    if (object.getClass().isArray()) {
      List<Value> values = new ArrayList<>();
      for (int i = 0; i < Array.getLength(object); i++) {
        values.add(of(Array.get(object, i), where));
      }
      return new Value.ListValue(values);
    }
    if (object instanceof Map<?, ?> map) {
      Row.Builder row = Row.builder();
      map.forEach(
          (name, value) -> {
            if (!(name instanceof String text)) {
              throw new IllegalArgumentException(
                  where + " is a map with the key " + name + ", which is no text");
            }
            row.put(text, of(value, where + "." + text));
          });
      return new Value.DocumentValue(row.build());
    }
    if (object instanceof Record nested) {
      return record(nested, where);
    }
    throw unknown(object, where);
  }

  private static Value record(Record nested, String where) {
    Row.Builder row = Row.builder();
    for (RecordComponent component : nested.getClass().getRecordComponents()) {
      try {
        var accessor = component.getAccessor();
        accessor.setAccessible(true);
        row.put(
            component.getName(), of(accessor.invoke(nested), where + "." + component.getName()));
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalArgumentException(
            where + "." + component.getName() + " cannot be read", e);
      }
    }
    return new Value.DocumentValue(row.build());
  }

  private static IllegalArgumentException unknown(Object object, String where) {
    return new IllegalArgumentException(
        where
            + " is a "
            + object.getClass().getName()
            + ", which is no type of the contract: give a getter that turns it into one"
            + " (text, a number, a java.time type, a list, a map, a record, or a Value)");
  }
}
