package io.millrace.cdc.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import io.millrace.cdc.codec.contract.old.EntityChanged;
import io.millrace.cdc.codec.contract.old.Legacy;
import io.millrace.cdc.codec.contract.old.LegacyChanged;
import io.millrace.cdc.codec.contract.old.Misfit;
import io.millrace.cdc.codec.contract.old.Order;
import io.millrace.cdc.codec.contract.old.OrderChanged;
import io.millrace.cdc.codec.contract.old.OrderField;
import io.millrace.cdc.codec.contract.old.Origin;
import io.millrace.cdc.codec.contract.old.Status;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ContractCodecTest {
  private final ContractCodec codec = ContractEvents.old();

  @Test
  void the_body_is_the_teams_own_message() throws Exception {
    Encoded encoded = codec.encode(ContractEvents.updated());
    OrderChanged message = OrderChanged.parseFrom(encoded.body());
    assertThat(message.getId()).isEqualTo("7");
    assertThat(message.getType()).isEqualTo(OrderChanged.Type.TYPE_UPDATED);
    assertThat(message.getSource()).isEqualTo(Origin.ORIGIN_BILLING);
    assertThat(message.getChangedFieldsList())
        .containsExactly(OrderField.ORDER_FIELD_TOTAL_CENTS, OrderField.ORDER_FIELD_NOTE);
    Order order = message.getNewVal();
    assertThat(order.getTotalCents()).isEqualTo(1050);
    assertThat(order.getStatus()).isEqualTo(Status.STATUS_PAID);
    assertThat(order.getLines(1).getSku()).isEqualTo("b");
    assertThat(message.getUnknownFields().asMap()).isEmpty();
    assertThat(encoded.headers())
        .containsEntry("content-type", "application/x-protobuf;message=shop.OrderChanged")
        .containsEntry("millrace-log", "billing-0a1b2c3d")
        .containsEntry("millrace-hops", "1")
        .containsEntry("millrace-new-val-fields", "1,2,3,4,5,6")
        .doesNotContainKeys("millrace-new-val-exact", "millrace-routing-key");
  }

  @ParameterizedTest
  @EnumSource(names = {"CREATED", "UPDATED", "DELETED", "SNAPSHOT"})
  void an_event_comes_back_with_its_headers(ChangeType type) {
    ChangeEvent event =
        ContractEvents.updated().toBuilder()
            .type(type)
            .routingKey("customer/3")
            .previousKey(Row.of("id", Value.of(8)))
            .newValue(type == ChangeType.DELETED ? null : ContractEvents.order(Value.NULL))
            .oldValue(ContractEvents.order(Value.of("")))
            .build();
    assertThat(codec.decode(codec.encode(event))).isEqualTo(event);
  }

  @Test
  void null_and_empty_are_told_apart_where_the_model_cannot() {
    for (Value note : List.of(Value.NULL, Value.of(""))) {
      ChangeEvent event = ContractEvents.updated(ContractEvents.order(note));
      assertThat(codec.decode(codec.encode(event)).newValue().get("note")).isEqualTo(note);
    }
  }

  @Test
  void missing_fields_and_another_order_come_back() {
    Row row = Row.builder().put("note", Value.of("x")).put("id", Value.of(7)).partial(true).build();
    ChangeEvent event = ContractEvents.updated(row);
    assertThat(codec.decode(codec.encode(event))).isEqualTo(event);
  }

  @Test
  void without_log_or_version_a_message_is_refused_by_name() {
    Encoded encoded = codec.encode(ContractEvents.updated());
    for (String header : List.of("millrace-log", "millrace-version")) {
      assertThatThrownBy(() -> codec.decode(without(encoded, header)))
          .isInstanceOf(EventException.class)
          .hasMessageContaining(header)
          .hasMessageContaining("order/7");
    }
  }

  @Test
  void everything_else_is_derived_where_it_can_be() {
    ChangeEvent event =
        ContractEvents.updated().toBuilder()
            .transactionId("")
            .hops(0)
            .schema("")
            .headers(Map.of())
            .build();
    Map<String, String> headers = codec.encode(event).headers();
    Encoded bare =
        new Encoded(
            codec.encode(event).body(),
            Map.of(
                "millrace-log", headers.get("millrace-log"),
                "millrace-version", headers.get("millrace-version")));
    assertThat(codec.decode(bare)).isEqualTo(event);
  }

  @Test
  void a_header_that_contradicts_the_message_is_refused() {
    ChangeEvent event = ContractEvents.updated(ContractEvents.order(Value.NULL));
    Encoded encoded = codec.encode(event);
    Encoded other = codec.encode(ContractEvents.updated());
    assertThatThrownBy(() -> codec.decode(new Encoded(other.body(), encoded.headers())))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("note")
        .hasMessageContaining("changed on its way");
  }

  @Test
  void what_is_no_such_message_is_refused() {
    Map<String, String> headers = codec.encode(ContractEvents.updated()).headers();
    assertThatThrownBy(() -> codec.decode(new Encoded(new byte[] {10, 99, 1}, headers)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("shop.OrderChanged");
    assertThatThrownBy(
            () -> codec.decode(ProtobufCodec.instance().encode(ContractEvents.updated())))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("none of this codec's messages");
    Map<String, String> newer = new HashMap<>(headers);
    newer.put("millrace-format", "2");
    assertThatThrownBy(() -> codec.decode(new Encoded(new byte[0], newer)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("upgrade");
  }

  @Test
  void what_the_contract_cannot_say_is_refused_by_name() {
    ChangeEvent event = ContractEvents.updated();
    refused(event.toBuilder().type(ChangeType.TRUNCATED).build(), "type(ChangeType.TRUNCATED");
    refused(event.toBuilder().source("crm").build(), "service(\"crm\"");
    refused(event.toBuilder().changedFields(List.of("colour")).build(), "'colour'");
    refused(event.toBuilder().entity("invoice").build(), "entity(\"invoice\"");
    refused(event.toBuilder().newValue(Row.of("x", Value.NULL)).build(), "leaveOut(\"x\")");
    refused(
        event.toBuilder().newValue(Row.of("id", Value.of("seven"))).build(),
        "field 'id': a STRING has no place");
    refused(
        event.toBuilder().newValue(Row.of("status", Value.of("LOST"))).build(),
        "'LOST' is no value of the enum shop.Status");
  }

  private void refused(ChangeEvent event, String message) {
    assertThatThrownBy(() -> codec.encode(event))
        .isInstanceOf(EventException.class)
        .hasMessageContaining(message);
  }

  @Test
  void all_that_does_not_fit_is_named_at_the_start() {
    assertThatThrownBy(
            () ->
                ContractCodec.builder()
                    .entity(
                        "thing",
                        Misfit.getDescriptor(),
                        m -> m.fields("extra_text", "total").rename("a", "b").key("nr"))
                    .entity(
                        "order",
                        OrderChanged.getDescriptor(),
                        m -> m.service("billing", "BILLING").changedField("colour", "RED"))
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll(
            "shop.Misfit.id is int64, but must be a string",
            "shop.Misfit.type is string, but must be an enum",
            "shop.Misfit.changed_fields is string, but must be a repeated enum",
            "has no field 'changed_at'. Name the one for it with changedAt(…)",
            "model field shop.Labels.labels has no row field. Call ignore(\"labels\")",
            "model field shop.Labels.extra has no row field",
            "row field 'total' has no field in the model shop.Labels",
            "rename of 'a' names 'b', no field of shop.Labels",
            "key field 'nr' has no field in the model",
            "value CREATED of shop.Kind stands for nothing. Call service(…, \"CREATED\")",
            "service billing is to be 'BILLING', which is no value of shop.Origin",
            "value ORIGIN_MONOLITH of shop.Origin stands for nothing",
            "changedField names 'colour'");
    assertThatThrownBy(() -> ContractCodec.builder().build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no entity is bound");
  }

  private static ContractCodec ofOneof() {
    return ContractCodec.builder()
        .entity(
            "customer",
            EntityChanged.getDescriptor(),
            m ->
                m.type("kind")
                    .newValue("customer")
                    .fields(
                        "firstName",
                        "mail",
                        "credit",
                        "avatar",
                        "token",
                        "age",
                        "active",
                        "rating",
                        "mask",
                        "parent",
                        "secret")
                    .rename("mail", "email")
                    .leaveOut("secret"))
        .entity(
            "product",
            EntityChanged.getDescriptor(),
            m -> m.type("kind").newValue("product").key("name"))
        .build();
  }

  @Test
  void a_row_that_fills_two_fields_of_a_oneof_is_refused_and_loses_neither() {
    ContractCodec codec = ofOneof();
    Row.Builder row = Row.builder().put("name", Value.of("lamp")).put("cents", Value.of(0));
    ChangeEvent one = product(row.put("on_request", Value.NULL).build());
    assertThat(codec.decode(codec.encode(one))).isEqualTo(one);
    row = Row.builder().put("name", Value.of("lamp")).put("cents", Value.of(0));
    ChangeEvent both = product(row.put("on_request", Value.of("call")).build());
    assertThatThrownBy(() -> codec.encode(both))
        .isInstanceOf(EventException.class)
        .hasMessageContainingAll("product/lamp", "'on_request'", "'cents'", "oneof 'price'");
  }

  private static ChangeEvent product(Row row) {
    return ContractEvents.updated().toBuilder()
        .entity("product")
        .key(Row.of("name", Value.of("lamp")))
        .id("lamp")
        .routingKey("product/lamp")
        .newValue(row)
        .oldValue(null)
        .changedFields(List.of("cents"))
        .build();
  }

  @Test
  void a_number_too_large_for_the_models_field_is_not_sent_as_an_infinite_one() {
    ChangeEvent event =
        ContractEvents.updated().toBuilder().entity("customer").changedFields(List.of()).build();
    for (Row row :
        List.of(
            Row.of("credit", Value.of(new BigDecimal("1e400"))),
            Row.of("rating", new Value.DoubleValue(-1e300)))) {
      refusedBy(ofOneof(), event.toBuilder().newValue(row).build(), "does not fit");
    }
    for (Row row :
        List.of(
            Row.of("credit", new Value.DecimalValue("-Infinity")),
            Row.of("rating", new Value.DoubleValue(Double.POSITIVE_INFINITY)))) {
      ChangeEvent infinite = event.toBuilder().newValue(row).build();
      assertThat(ofOneof().decode(ofOneof().encode(infinite))).isEqualTo(infinite);
    }
  }

  @Test
  void a_oneof_of_models_serves_several_entities() throws Exception {
    ContractCodec codec = ofOneof();
    Row row =
        Row.builder()
            .put("firstName", Value.of("Zoë"))
            .put("mail", Value.NULL)
            .put("credit", Value.of(new BigDecimal("10.50")))
            .put("avatar", Value.of(new UUID(1, 2)))
            .put("token", Value.of(new UUID(3, 4)))
            .put("age", Value.of(0xffff_ffffL))
            .put("active", Value.of(true))
            .put("rating", new Value.FloatValue(Float.NaN))
            .put("mask", new Value.UInt64Value(-1))
            .put("parent", Value.NULL)
            .build();
    ChangeEvent customer =
        ContractEvents.updated().toBuilder()
            .entity("customer")
            .routingKey("customer/7")
            .newValue(row)
            .changedFields(List.of("mail", "credit"))
            .build();
    Encoded encoded = codec.encode(customer);
    assertThat(codec.decode(encoded)).isEqualTo(customer);
    EntityChanged message = EntityChanged.parseFrom(encoded.body());
    assertThat(message.getChangedFieldsList()).containsExactly("email", "credit");
    assertThat(message.getCustomer().getCredit()).isEqualTo(10.5);
    assertThat(message.getCustomer().hasEmail()).isFalse();

    ChangeEvent product =
        ContractEvents.updated().toBuilder()
            .entity("product")
            .key(Row.of("name", Value.of("lamp")))
            .id("lamp")
            .routingKey("product/lamp")
            .newValue(Row.of("name", Value.of("lamp")))
            .changedFields(List.of())
            .build();
    Encoded unnamed = without(codec.encode(product), ContractHeaders.ENTITY);
    assertThat(codec.decode(unnamed)).isEqualTo(product);
    ChangeEvent gone = product.toBuilder().type(ChangeType.DELETED).newValue(null).build();
    assertThat(codec.decode(codec.encode(gone))).isEqualTo(gone);
    assertThatThrownBy(() -> codec.decode(without(codec.encode(gone), ContractHeaders.ENTITY)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("nothing says which of the entities");
  }

  @Test
  void what_is_left_out_travels_in_no_form() {
    Row row = Row.builder().put("secret", Value.of("hunter2")).put("token", Value.of("t")).build();
    ChangeEvent event =
        ContractEvents.updated().toBuilder()
            .entity("customer")
            .newValue(row)
            .oldValue(row)
            .changedFields(List.of("secret", "token"))
            .build();
    Encoded encoded = ofOneof().encode(event);
    ChangeEvent decoded = ofOneof().decode(encoded);
    Row kept = Row.builder().put("token", Value.of("t")).partial(true).build();
    assertThat(decoded.newValue()).isEqualTo(kept);
    assertThat(decoded.oldValue()).isEqualTo(kept);
    assertThat(decoded.changedFields()).containsExactly("token");
    assertThat(encoded.headers().toString()).doesNotContain("secret", "hunter2");
    assertThat(new String(encoded.body(), java.nio.charset.StandardCharsets.ISO_8859_1))
        .doesNotContain("hunter2");
  }

  @Test
  void a_document_in_a_document_comes_back() {
    Row inner = Row.builder().put("first_name", Value.of("Ann")).build();
    ChangeEvent event =
        ContractEvents.updated().toBuilder()
            .entity("customer")
            .newValue(Row.of("parent", new Value.DocumentValue(inner)))
            .changedFields(List.of())
            .build();
    assertThat(ofOneof().decode(ofOneof().encode(event))).isEqualTo(event);
  }

  @Test
  void proto2_is_spoken_too_and_its_closed_enums_are_not_guessed() throws Exception {
    ContractCodec codec =
        ContractCodec.builder().entity("legacy", LegacyChanged.getDescriptor()).build();
    ChangeEvent event =
        ContractEvents.updated().toBuilder()
            .entity("legacy")
            .newValue(Row.builder().put("id", Value.of(7)).put("note", Value.NULL).build())
            .changedFields(List.of("note"))
            .build();
    Encoded encoded = codec.encode(event);
    assertThat(codec.decode(encoded)).isEqualTo(event);
    refusedBy(codec, event.toBuilder().newValue(Row.of("note", Value.of("x"))).build(), "id");
    // Number 4 of the type, which the descriptor does not name.
    LegacyChanged message = LegacyChanged.parseFrom(encoded.body());
    byte[] unknownType =
        message.toBuilder()
            .clearType()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(2, UnknownFieldSet.Field.newBuilder().addVarint(4).build())
                    .build())
            .buildPartial()
            .toByteArray();
    assertThatThrownBy(() -> codec.decode(new Encoded(unknownType, encoded.headers())))
        .isInstanceOf(EventException.class);
    // An unknown field next to required ones passes.
    byte[] more =
        message.toBuilder()
            .setNewVal(
                message.getNewVal().toBuilder()
                    .setUnknownFields(
                        UnknownFieldSet.newBuilder()
                            .addField(9, UnknownFieldSet.Field.newBuilder().addVarint(4).build())
                            .build()))
            .build()
            .toByteArray();
    ChangeEvent passing = codec.decode(new Encoded(more, encoded.headers()));
    assertThat(codec.encode(passing).body()).isEqualTo(more);
  }

  @Test
  void a_closed_enums_new_number_is_no_null_and_no_shorter_list() throws Exception {
    ContractCodec codec =
        ContractCodec.builder().entity("legacy", LegacyChanged.getDescriptor()).build();
    Row row = Row.builder().put("id", Value.of(7)).put("grade", Value.of("HIGH")).build();
    Encoded encoded =
        codec.encode(
            ContractEvents.updated().toBuilder()
                .entity("legacy")
                .newValue(row)
                .changedFields(List.of("grade"))
                .build());
    ChangeEvent passing = codec.decode(withNumber(encoded, 3, 5));
    assertThat(passing.newValue().get("grade"))
        .isEqualTo(new Value.RawValue("protobuf:shop.Legacy.Grade", "5"));
    Encoded again = codec.encode(passing);
    assertThat(codec.decode(again)).isEqualTo(passing);
    assertThat(
            LegacyChanged.parseFrom(again.body())
                .getNewVal()
                .getUnknownFields()
                .getField(3)
                .getVarintList())
        .containsOnly(5L);
    assertThatThrownBy(() -> codec.decode(withNumber(encoded, 4, 5)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("grades")
        .hasMessageContaining("5");
    // A number where this contract has a text would be read as no note at all.
    assertThatThrownBy(() -> codec.decode(withNumber(encoded, 2, 5)))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("shop.Legacy.note");
  }

  /** As a writer sends it whose enum has that number. */
  private static Encoded withNumber(Encoded encoded, int field, long number) throws Exception {
    LegacyChanged message = LegacyChanged.parseFrom(encoded.body());
    Legacy.Builder model = message.getNewVal().toBuilder().clearGrade();
    model.setUnknownFields(
        UnknownFieldSet.newBuilder()
            .addField(field, UnknownFieldSet.Field.newBuilder().addVarint(number).build())
            .build());
    return new Encoded(
        message.toBuilder().setNewVal(model).build().toByteArray(), encoded.headers());
  }

  private static void refusedBy(ContractCodec codec, ChangeEvent event, String message) {
    assertThatThrownBy(() -> codec.encode(event))
        .isInstanceOf(EventException.class)
        .hasMessageContaining(message);
  }

  private static Encoded without(Encoded encoded, String header) {
    Map<String, String> headers = new HashMap<>(encoded.headers());
    headers.remove(header);
    return new Encoded(encoded.body(), headers);
  }
}
