package io.millrace.cdc.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.CanonicalId;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SameKeyTest {
  private static Row key(Value value) {
    return Row.of("id", value);
  }

  private static Value in(Value value) {
    return new Value.DocumentValue(Row.of("a", new Value.ListValue(List.of(value))));
  }

  private static boolean same(Value one, Value other) {
    assertThat(CanonicalId.of(key(one))).isEqualTo(CanonicalId.of(key(other)));
    assertThat(SameKey.of(key(in(one)), key(in(other))))
        .isEqualTo(SameKey.of(key(one), key(other)));
    return SameKey.of(key(one), key(other));
  }

  @Test
  void numbers_are_the_same_key_whatever_their_type() {
    List<Value> ones =
        List.of(
            Value.of(1),
            new Value.Int32Value(1),
            new Value.UInt64Value(1),
            new Value.DoubleValue(1),
            new Value.FloatValue(1),
            new Value.DecimalValue("1.00"));
    for (Value one : ones) {
      for (Value other : ones) {
        assertThat(same(one, other)).as("%s %s", one.kind(), other.kind()).isTrue();
      }
    }
  }

  @Test
  void what_is_only_written_alike_is_another_key() {
    assertThat(same(Value.of(1), Value.of("1"))).isFalse();
    assertThat(same(Value.of(1), Value.of(true))).isFalse();
    assertThat(same(Value.of("00ff"), new Value.BytesValue(new byte[] {0, -1}))).isFalse();
    assertThat(same(new Value.RawValue("x", "1"), new Value.RawValue("y", "1"))).isFalse();
    assertThat(same(Value.of("a"), Value.of("a"))).isTrue();
    assertThat(same(new Value.RawValue("x", "1"), new Value.RawValue("x", "1"))).isTrue();
    assertThat(SameKey.of(Row.of("a", Value.of(1)), Row.of("b", Value.of(1)))).isFalse();
  }
}
