package io.millrace.cdc.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RowTest {
  @Test
  void absent_is_not_null() {
    Row row = Row.of("a", Value.NULL);
    assertThat(row.get("a")).isEqualTo(Value.NULL);
    assertThat(row.has("a")).isTrue();
    assertThat(row.get("b")).isNull();
    assertThat(row.has("b")).isFalse();
    assertThat(row).isNotEqualTo(Row.empty());
  }

  @Test
  void order_and_partial_are_part_of_equality() {
    Row ab = Row.of(FieldNames.of("a", "b"), List.of(Value.of(1), Value.of(2)));
    Row ba = Row.of(FieldNames.of("b", "a"), List.of(Value.of(2), Value.of(1)));
    Row partial = Row.builder().put("a", Value.of(1)).put("b", Value.of(2)).partial(true).build();
    assertThat(ab).isNotEqualTo(ba).isNotEqualTo(partial);
    assertThat(Row.builder().put("a", Value.of(1)).put("b", Value.of(2)).build())
        .isEqualTo(ab)
        .hasSameHashCodeAs(ab);
  }

  @Test
  void wrong_rows_are_refused() {
    assertThatThrownBy(() -> FieldNames.of("a", "b", "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'a' is named twice");
    assertThatThrownBy(() -> Row.of(FieldNames.of("a"), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 names for 0 values");
    assertThatThrownBy(() -> Row.wrap(FieldNames.of("a"), new Value[1], false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("field 'a' has no value");
  }

  @Test
  void a_row_does_not_follow_the_list_it_was_made_of() {
    List<Value> values = new java.util.ArrayList<>(List.of(Value.of(1)));
    Row row = Row.of(FieldNames.of("a"), values);
    values.set(0, Value.of(2));
    assertThat(row.value(0)).isEqualTo(Value.of(1));
  }
}
