package io.millrace.cdc.event;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Generators of everything an event can hold, awkward cases included. */
public final class EventArbitraries {
  private EventArbitraries() {}

  /** Well-formed text of all planes, with control characters and what the ids escape. */
  public static Arbitrary<String> text() {
    Arbitrary<Integer> codePoint =
        Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.integers().between('a', 'd')),
            Tuple.of(3, Arbitraries.of((int) ',', (int) '\\', (int) 'n', (int) 'e')),
            Tuple.of(2, Arbitraries.integers().between(0, 0x9f)),
            Tuple.of(2, Arbitraries.integers().between(0xa0, 0xd7ff)),
            Tuple.of(1, Arbitraries.integers().between(0xe000, 0x10ffff)));
    return codePoint
        .list()
        .ofMaxSize(8)
        .map(
            points -> {
              StringBuilder text = new StringBuilder();
              points.forEach(text::appendCodePoint);
              return text.toString();
            });
  }

  /** Decimals with scale, trailing zeros, negative zero and the three that are no number. */
  public static Arbitrary<Value> decimals() {
    Arbitrary<String> numbers =
        Combinators.combine(
                Arbitraries.oneOf(
                    Arbitraries.bigIntegers()
                        .between(BigInteger.valueOf(-2000), BigInteger.valueOf(2000)),
                    Arbitraries.bigIntegers()
                        .between(BigInteger.TEN.pow(65).negate(), BigInteger.TEN.pow(65))),
                Arbitraries.integers().between(0, 30))
            .as((unscaled, scale) -> new BigDecimal(unscaled, scale).toPlainString());
    return Arbitraries.oneOf(
            numbers, Arbitraries.of("NaN", "Infinity", "-Infinity", "-0", "-0.00", "0.0", "007.50"))
        .map(Value.DecimalValue::new);
  }

  /** Values of one kind; documents and lists nest up to a depth. */
  public static Arbitrary<Value> values(Value.Kind kind, int depth) {
    return switch (kind) {
      case NULL -> Arbitraries.just(Value.NULL);
      case BOOL -> Arbitraries.of(true, false).map(Value::of);
      case INT32 -> Arbitraries.integers().map(Value.Int32Value::new);
      case INT64 -> Arbitraries.longs().map(Value::of);
      case UINT64 -> Arbitraries.longs().map(Value.UInt64Value::new);
      case DOUBLE ->
          Arbitraries.oneOf(
                  Arbitraries.longs().map(Double::longBitsToDouble),
                  Arbitraries.integers().map(number -> number / 100.0),
                  Arbitraries.of(0.0, -0.0, Double.NaN, 1 / 0.0, -1 / 0.0, Double.MIN_VALUE))
              .map(Value.DoubleValue::new);
      case FLOAT ->
          Arbitraries.oneOf(
                  Arbitraries.integers().map(Float::intBitsToFloat),
                  Arbitraries.integers().map(number -> number / 100.0f),
                  Arbitraries.of(0.0f, -0.0f, Float.NaN, Float.MIN_VALUE))
              .map(Value.FloatValue::new);
      case DECIMAL -> decimals();
      case STRING -> text().map(Value::of);
      case BYTES -> Arbitraries.bytes().array(byte[].class).ofMaxSize(20).map(Value::of);
      case DATE ->
          Arbitraries.longs()
              .between(LocalDate.MIN.toEpochDay(), LocalDate.MAX.toEpochDay())
              .map(Value.DateValue::new);
      case TIME -> Arbitraries.longs().map(Value.TimeValue::new);
      case DATETIME ->
          Combinators.combine(seconds(), nanos())
              .as((second, nano) -> new Value.DateTimeValue(second, nano));
      case TIMESTAMP ->
          Combinators.combine(seconds(), nanos())
              .as((second, nano) -> new Value.TimestampValue(second, nano));
      case UUID ->
          Combinators.combine(Arbitraries.longs(), Arbitraries.longs())
              .as((high, low) -> Value.of(new UUID(high, low)));
      case JSON -> text().map(Value.JsonValue::new);
      case LIST ->
          (depth == 0 ? plainValues() : values(depth - 1))
              .list()
              .ofMaxSize(4)
              .map(Value.ListValue::new);
      case DOCUMENT -> rows(Math.max(0, depth - 1)).map(Value.DocumentValue::new);
      case RAW -> Combinators.combine(text(), text()).as(Value.RawValue::new);
    };
  }

  private static Arbitrary<Long> seconds() {
    return Arbitraries.longs()
        .between(
            LocalDateTime.MIN.toEpochSecond(ZoneOffset.UTC),
            LocalDateTime.MAX.toEpochSecond(ZoneOffset.UTC));
  }

  private static Arbitrary<Integer> nanos() {
    return Arbitraries.oneOf(
        Arbitraries.integers().between(0, 999_999_999),
        Arbitraries.integers().between(0, 999_999).map(micros -> micros * 1000));
  }

  /** Values of every kind that holds no other values. */
  public static Arbitrary<Value> plainValues() {
    return Arbitraries.of(Value.Kind.class)
        .filter(kind -> kind != Value.Kind.LIST && kind != Value.Kind.DOCUMENT)
        .flatMap(kind -> values(kind, 0));
  }

  /** Values of every kind. */
  public static Arbitrary<Value> values(int depth) {
    return Arbitraries.of(Value.Kind.class)
        .filter(kind -> depth > 0 || (kind != Value.Kind.LIST && kind != Value.Kind.DOCUMENT))
        .flatMap(kind -> values(kind, depth));
  }

  /** Rows, empty and partial ones too. */
  public static Arbitrary<Row> rows(int depth) {
    return Combinators.combine(
            text().list().uniqueElements().ofMaxSize(5), Arbitraries.of(true, false))
        .flatAs(
            (names, partial) ->
                values(depth)
                    .list()
                    .ofSize(names.size())
                    .map(
                        values ->
                            Row.wrap(FieldNames.of(names), values.toArray(new Value[0]), partial)));
  }

  /** Values of the kinds that a key may have. */
  public static Arbitrary<Value> keyValues(Value.Kind kind) {
    return Arbitraries.frequencyOf(
        Tuple.of(9, values(kind, 0)), Tuple.of(1, Arbitraries.just(Value.NULL)));
  }

  /** Two keys of the same columns, often equal or nearly so. */
  public static Arbitrary<List<Row>> keyPairs() {
    return Arbitraries.of(Value.Kind.class)
        .filter(
            kind ->
                kind != Value.Kind.JSON
                    && kind != Value.Kind.LIST
                    && kind != Value.Kind.DOCUMENT
                    && kind != Value.Kind.NULL)
        .list()
        .ofMinSize(1)
        .ofMaxSize(3)
        .flatMap(EventArbitraries::keyPairs);
  }

  private static Arbitrary<List<Row>> keyPairs(List<Value.Kind> kinds) {
    List<Arbitrary<Value>> columns = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (Value.Kind kind : kinds) {
      columns.add(keyValues(kind));
      names.add("k" + columns.size());
    }
    Arbitrary<Row> key =
        Combinators.combine(columns).as(values -> Row.of(FieldNames.of(names), values));
    return Combinators.combine(key, key, Arbitraries.integers().between(0, kinds.size()))
        .as((one, other, shared) -> List.of(one, mixed(one, other, shared)));
  }

  /** The first columns of one key and the rest of the other. */
  private static Row mixed(Row one, Row other, int shared) {
    Value[] values = new Value[one.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i < shared ? one : other).value(i);
    }
    return Row.wrap(one.names(), values, false);
  }

  /** Versions with all epochs and coordinates of up to 21 bytes. */
  public static Arbitrary<Version> versions() {
    return Combinators.combine(
            Arbitraries.longs().greaterOrEqual(0),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(21))
        .as(Version::of);
  }

  /** Events of every type. */
  public static Arbitrary<ChangeEvent> events() {
    Arbitrary<String> names = text().filter(text -> !text.isEmpty());
    Arbitrary<ChangeEvent.Builder> rows =
        Combinators.combine(
                rows(2).injectNull(0.2),
                rows(1).injectNull(0.5),
                keyPairs(),
                Arbitraries.of(true, false),
                text().list().ofMaxSize(4),
                versions(),
                Arbitraries.maps(text(), text()).ofMaxSize(4))
            .as(
                (newValue, oldValue, keys, keyChange, changed, version, headers) ->
                    ChangeEvent.builder()
                        .newValue(newValue)
                        .oldValue(oldValue)
                        .key(keys.get(0))
                        .previousKey(keyChange ? keys.get(1) : null)
                        .changedFields(changed)
                        .version(version)
                        .headers(headers));
    Arbitrary<ChangeType> types =
        Arbitraries.of(ChangeType.class).filter(type -> type != ChangeType.UNKNOWN);
    Arbitrary<Instant> times =
        Combinators.combine(
                Arbitraries.longs()
                    .between(Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond()),
                nanos())
            .as((second, nano) -> Instant.ofEpochSecond(second, nano));
    return Combinators.combine(
            rows,
            types,
            times,
            Arbitraries.integers().greaterOrEqual(0),
            names.list().ofSize(3),
            text().list().ofSize(3))
        .as(
            (builder, type, time, hops, required, optional) ->
                builder
                    .type(type)
                    .changedAt(time)
                    .hops(hops)
                    .entity(required.get(0))
                    .source(required.get(1))
                    .log(required.get(2))
                    .routingKey(optional.get(0))
                    .transactionId(optional.get(1))
                    .schema(optional.get(2))
                    .build());
  }
}
