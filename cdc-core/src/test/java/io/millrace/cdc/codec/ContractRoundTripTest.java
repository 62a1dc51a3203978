package io.millrace.cdc.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.codec.contract.old.EntityChanged;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.EventArbitraries;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Value.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Any row that a model can take, in whatever kinds, order and completeness. */
final class ContractRoundTripTest {
  private static final ContractCodec CODEC =
      ContractCodec.builder()
          .entity(
              "customer",
              EntityChanged.getDescriptor(),
              m -> m.type("kind").newValue("customer").camelCase())
          .build();

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void every_event_comes_back(@ForAll("events") ChangeEvent event) {
    Encoded encoded = CODEC.encode(event);
    ChangeEvent decoded = CODEC.decode(encoded);
    assertThat(decoded).isEqualTo(event);
    assertThat(CODEC.encode(decoded).body()).isEqualTo(encoded.body());
  }

  @Provide
  Arbitrary<ChangeEvent> events() {
    return Combinators.combine(
            EventArbitraries.events(), rows(2).injectNull(0.1), rows(1).injectNull(0.5))
        .as(
            (event, newValue, oldValue) ->
                event.toBuilder()
                    .entity("customer")
                    .newValue(newValue)
                    .oldValue(oldValue)
                    .changedFields(newValue == null ? List.of() : newValue.names().asList())
                    .build());
  }

  private static Arbitrary<Row> rows(int depth) {
    Map<String, Arbitrary<Value>> columns = new LinkedHashMap<>();
    columns.put(
        "firstName",
        kinds(
            Kind.STRING,
            Kind.DECIMAL,
            Kind.UUID,
            Kind.JSON,
            Kind.RAW,
            Kind.DATE,
            Kind.TIME,
            Kind.DATETIME,
            Kind.TIMESTAMP,
            Kind.INT64,
            Kind.UINT64,
            Kind.BOOL));
    columns.put("email", kinds(Kind.STRING, Kind.INT32));
    columns.put("credit", kinds(Kind.DOUBLE, Kind.FLOAT, Kind.DECIMAL, Kind.INT64));
    columns.put("avatar", kinds(Kind.BYTES, Kind.UUID));
    columns.put("age", Arbitraries.longs().between(0, 0xffff_ffffL).map(Value::of));
    columns.put("active", kinds(Kind.BOOL));
    columns.put("rating", kinds(Kind.FLOAT, Kind.DOUBLE).map(ContractRoundTripTest::fitting));
    columns.put("mask", kinds(Kind.UINT64));
    if (depth > 0) {
      columns.put("parent", rows(depth - 1).map(Value.DocumentValue::new));
    }
    List<String> names = new ArrayList<>(columns.keySet());
    List<Arbitrary<Value>> values =
        columns.values().stream()
            .map(column -> Arbitraries.oneOf(column, Arbitraries.just(Value.NULL)))
            .toList();
    return Combinators.combine(
            Combinators.combine(values).as(all -> all),
            Arbitraries.shuffle(names),
            Arbitraries.integers().between(0, names.size()),
            Arbitraries.of(true, false))
        .as(
            (all, shuffled, size, partial) -> {
              Row.Builder row = Row.builder().partial(partial);
              shuffled
                  .subList(0, size)
                  .forEach(name -> row.put(name, all.get(names.indexOf(name))));
              return row.build();
            });
  }

  /** A number too large for the model's float is refused. */
  private static Value fitting(Value value) {
    return value instanceof Value.DoubleValue number
            && Double.isFinite(number.value())
            && Float.isInfinite((float) number.value())
        ? new Value.DoubleValue(Math.copySign(1e-300, number.value()))
        : value;
  }

  private static Arbitrary<Value> kinds(Kind... kinds) {
    return Arbitraries.of(kinds).flatMap(kind -> EventArbitraries.values(kind, 0));
  }
}
