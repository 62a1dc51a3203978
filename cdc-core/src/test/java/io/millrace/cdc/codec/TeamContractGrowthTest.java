package io.millrace.cdc.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.cdc.codec.contract.grown.OrderChanged;
import io.millrace.cdc.codec.contract.grown.OrderField;
import io.millrace.cdc.codec.contract.grown.Origin;
import io.millrace.cdc.codec.contract.grown.Status;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A team's contract grows: old consumers meet new producers and the reverse. */
final class TeamContractGrowthTest {
  private final ContractCodec old = ContractEvents.old();
  private final ContractCodec grown = ContractEvents.grown();

  /** What only the new contract can say, everywhere it can be said. */
  private Encoded news() throws InvalidProtocolBufferException {
    ChangeEvent event = ContractEvents.updated(grownOrder());
    event =
        event.toBuilder()
            .source("shop")
            .changedFields(List.of("points", "note"))
            .oldValue(grownOrder())
            .build();
    Encoded encoded = grown.encode(event);
    OrderChanged message =
        OrderChanged.parseFrom(encoded.body()).toBuilder().setComment("by hand").build();
    return new Encoded(message.toByteArray(), encoded.headers());
  }

  private static Row grownOrder() {
    Row order = ContractEvents.order(Value.of("fine"));
    Row.Builder row = Row.builder();
    for (int i = 0; i < order.size(); i++) {
      String name = order.name(i);
      row.put(
          name,
          switch (name) {
            case "status" -> Value.of("STATUS_REFUNDED");
            case "lines" -> new Value.ListValue(List.of(line("red"), line("")));
            default -> order.value(i);
          });
    }
    return row.put("points", Value.of(12)).build();
  }

  private static Value line(String colour) {
    return new Value.DocumentValue(
        Row.builder()
            .put("sku", Value.of("a"))
            .put("count", Value.of(1))
            .put("colour", Value.of(colour))
            .build());
  }

  @Test
  void an_old_consumer_reads_what_it_knows_and_says_that_columns_are_missing() throws Exception {
    ChangeEvent event = old.decode(news());
    Row row = event.newValue();
    assertThat(event.source()).isEqualTo("shop");
    assertThat(event.changedFields()).containsExactly("note");
    assertThat(row.partial()).isTrue();
    assertThat(row.has("points")).isFalse();
    assertThat(row.get("total_cents")).isEqualTo(Value.of(1050));
    assertThat(row.get("status")).isEqualTo(new Value.RawValue("protobuf:shop.Status", "3"));
    assertThat(event.headers()).containsKey(ContractCodec.UNKNOWN_HEADER);
    assertThat(event.version()).isEqualTo(ContractEvents.updated().version());
  }

  @Test
  void what_an_old_consumer_passes_on_still_says_everything() throws Exception {
    Encoded news = news();
    ChangeEvent passing = old.decode(news);
    OrderChanged before = OrderChanged.parseFrom(news.body());
    OrderChanged after = OrderChanged.parseFrom(old.encode(passing).body());
    assertThat(after.getComment()).isEqualTo("by hand");
    assertThat(after.getSource()).isEqualTo(Origin.ORIGIN_SHOP);
    assertThat(after.getNewVal()).isEqualTo(before.getNewVal());
    assertThat(after.getNewVal().getStatus()).isEqualTo(Status.STATUS_REFUNDED);
    assertThat(after.getNewVal().getLines(0).getColour()).isEqualTo("red");
    assertThat(after.getOldVal()).isEqualTo(before.getOldVal());
    assertThat(after.getChangedFieldsList())
        .containsExactlyInAnyOrder(OrderField.ORDER_FIELD_POINTS, OrderField.ORDER_FIELD_NOTE);
    // And the canonical form between the two loses nothing of it.
    ProtobufCodec canonical = ProtobufCodec.instance();
    ChangeEvent through = canonical.decode(canonical.encode(passing));
    assertThat(old.encode(through).body()).isEqualTo(old.encode(passing).body());
    ChangeEvent again = grown.decode(old.encode(passing));
    assertThat(again.newValue().get("points")).isEqualTo(Value.of(12));
    assertThat(again.source()).isEqualTo("shop");
  }

  @Test
  void an_unknown_type_passes_with_the_header_that_explains_it() throws Exception {
    ChangeEvent archived = ContractEvents.updated().toBuilder().type(ChangeType.MESSAGE).build();
    ChangeEvent passing = old.decode(grown.encode(archived));
    assertThat(passing.type()).isEqualTo(ChangeType.MESSAGE);
    assertThat(OrderChanged.parseFrom(old.encode(passing).body()).getType())
        .isEqualTo(OrderChanged.Type.TYPE_ARCHIVED);
    assertThat(grown.decode(old.encode(passing)).type()).isEqualTo(ChangeType.MESSAGE);
    ChangeEvent deleted = passing.toBuilder().type(ChangeType.DELETED).newValue(null).build();
    assertThat(OrderChanged.parseFrom(old.encode(deleted).body()).getType())
        .isEqualTo(OrderChanged.Type.TYPE_DELETED);
    assertThatThrownBy(() -> old.decode(without(grown.encode(archived), ContractHeaders.TYPE)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("this codec does not know what happened");
  }

  @Test
  void a_new_consumer_does_not_take_what_an_old_producer_never_wrote_for_zero() {
    ChangeEvent event = grown.decode(old.encode(ContractEvents.updated()));
    assertThat(event.newValue().has("points")).isFalse();
    assertThat(event.newValue().partial()).isFalse();
    assertThat(event.newValue().get("note")).isEqualTo(Value.of("fine"));
    assertThat(event.changedFields()).containsExactly("total_cents", "note");
    assertThat(event.headers()).doesNotContainKey(ContractCodec.UNKNOWN_HEADER);
  }

  @Test
  void a_new_consumer_reads_the_old_state_that_an_old_producer_has_no_field_for() {
    ChangeEvent event =
        ContractEvents.updated().toBuilder().oldValue(ContractEvents.order(Value.NULL)).build();
    assertThat(old.decode(old.encode(event))).isEqualTo(event);
  }

  @Test
  void unknown_parts_go_with_the_row_that_held_them() throws Exception {
    ChangeEvent passing = old.decode(news());
    ChangeEvent deleted =
        passing.toBuilder().type(ChangeType.DELETED).newValue(null).oldValue(null).build();
    OrderChanged message = OrderChanged.parseFrom(old.encode(deleted).body());
    assertThat(message.hasNewVal()).isFalse();
    assertThat(message.getChangedFieldsList()).containsExactly(OrderField.ORDER_FIELD_NOTE);
    assertThat(message.getSource()).isEqualTo(Origin.ORIGIN_SHOP);
  }

  private static Encoded without(Encoded encoded, String header) {
    Map<String, String> headers = new HashMap<>(encoded.headers());
    headers.remove(header);
    return new Encoded(encoded.body(), headers);
  }
}
