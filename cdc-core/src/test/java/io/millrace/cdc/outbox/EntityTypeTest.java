package io.millrace.cdc.outbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EntityTypeTest {
  enum State {
    OPEN,
    PAID
  }

  record Line(int no, String sku) {}

  record Order(long id, String customer, BigDecimal total, State state, List<Line> lines) {}

  private static final EntityType<Order> ORDERS =
      EntityType.of("order", Order.class).key("id").build();
  private static final Order BEFORE =
      new Order(7, "ann", new BigDecimal("10.50"), State.OPEN, List.of(new Line(1, "a")));
  private static final Order AFTER =
      new Order(7, "ann", new BigDecimal("12.00"), State.PAID, List.of(new Line(1, "a")));

  @Test
  void a_record_is_described_by_its_components() {
    EntityEvent event = ORDERS.created(BEFORE);
    assertEquals("CREATED order/7", event.toString());
    assertEquals(Row.of("id", Value.of(7)), event.key());
    assertEquals(
        "{id=7, customer='ann', total=10.50, state='OPEN', lines=[{no=1, sku='a'}]}",
        String.valueOf(event.after()));
    assertEquals(List.of("id", "customer", "total", "state", "lines"), event.changedFields());
    assertNull(event.before());
    assertEquals("order/7", event.routingKey());
  }

  @Test
  void changed_fields_are_told_by_comparing() {
    EntityEvent event = ORDERS.updated(BEFORE, AFTER);
    assertEquals(List.of("total", "state"), event.changedFields());
    assertEquals(Value.of("OPEN"), event.before().get("state"));
  }

  @Test
  void without_the_state_before_every_field_but_the_key_counts_as_changed() {
    assertEquals(
        List.of("customer", "total", "state", "lines"), ORDERS.updated(AFTER).changedFields());
  }

  @Test
  void a_removed_object_leaves_its_last_state() {
    EntityEvent event = ORDERS.deleted(AFTER);
    assertNull(event.after());
    assertEquals(List.of(), event.changedFields());
    assertEquals(Value.of("PAID"), event.before().get("state"));
  }

  @Test
  void a_key_that_changes_is_refused_and_the_remedy_named() {
    Order moved = new Order(8, "ann", BigDecimal.ONE, State.OPEN, List.of());
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> ORDERS.updated(BEFORE, moved));
    assertTrue(refused.getMessage().contains("deleted(before)"), refused::getMessage);
  }

  @Test
  void fields_are_renamed_left_out_and_added() {
    EntityType<Order> type =
        EntityType.of("order", Order.class)
            .rename("id", "number")
            .without("lines")
            .field("vip", order -> order.total().compareTo(BigDecimal.TEN) > 0)
            .key("number")
            .routingKey(order -> "customer/" + order.customer())
            .build();
    EntityEvent event = type.created(BEFORE);
    assertEquals(
        "{number=7, customer='ann', total=10.50, state='OPEN', vip=true}",
        String.valueOf(event.after()));
    assertEquals("customer/ann", event.routingKey());
  }

  @Test
  void what_does_not_fit_is_named_when_the_type_is_described() {
    assertThrows(IllegalArgumentException.class, () -> EntityType.of("order", Order.class).build());
    assertThrows(
        IllegalArgumentException.class,
        () -> EntityType.of("order", Order.class).key("number").build());
    assertThrows(
        IllegalArgumentException.class,
        () -> EntityType.of("order", Order.class).rename("id", "total").key("total").build());
  }

  @Test
  void a_missing_key_is_refused() {
    EntityType<String[]> type =
        EntityType.<String[]>builder("x").field("id", array -> array[0]).key("id").build();
    assertThrows(IllegalArgumentException.class, () -> type.created(new String[] {null}));
  }

  @Test
  void every_type_of_java_that_the_contract_has_becomes_its_value() {
    assertEquals(Value.NULL, value(null));
    assertEquals(Value.NULL, value(Optional.empty()));
    assertEquals(Value.of(3), value((short) 3));
    assertEquals(Value.of(true), value(true));
    assertEquals(Value.of("c"), value('c'));
    assertEquals(new Value.DecimalValue("18446744073709551616"), value(BigInteger.TWO.pow(64)));
    assertEquals(new Value.DecimalValue("1.0"), value(new BigDecimal("1.0")));
    assertEquals(new Value.FloatValue(1.5f), value(1.5f));
    assertEquals(new Value.DoubleValue(1.5), value(1.5));
    assertEquals(Value.of(new byte[] {1}), value(new byte[] {1}));
    UUID uuid = UUID.fromString("01234567-89ab-4def-8123-456789abcdef");
    assertEquals(Value.of(uuid), value(uuid));
    assertEquals("2026-01-02", value(LocalDate.of(2026, 1, 2)).toString());
    assertEquals("03:04:05.000006", value(LocalTime.of(3, 4, 5, 6000)).toString());
    assertEquals("-26:00:00", value(Duration.ofHours(-26)).toString());
    assertEquals("2026-01-02T03:04:00", value(LocalDateTime.of(2026, 1, 2, 3, 4)).toString());
    assertEquals(
        "2026-01-02T01:04:00Z",
        value(OffsetDateTime.parse("2026-01-02T03:04:00+02:00")).toString());
    assertEquals("[1, 'two', null]", value(Arrays.asList(1, "two", null)).toString());
    assertEquals("[1, 2]", value(new int[] {1, 2}).toString());
    assertEquals("{a={b=1}}", value(Map.of("a", Map.of("b", 1))).toString());
    assertEquals("{no=1, sku='a'}", value(new Line(1, "a")).toString());
  }

  @Test
  void what_the_contract_has_no_value_for_is_refused_by_name() {
    for (Object object :
        List.of(
            URI.create("x:y"),
            new java.sql.Date(0),
            LocalTime.of(1, 2, 3, 4),
            Map.of(1, 2),
            new java.util.concurrent.atomic.AtomicLong())) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> value(object), object::toString);
      assertTrue(refused.getMessage().contains("field 'f'"), refused::getMessage);
    }
  }

  @Test
  void an_event_is_kept_and_read_again_as_it_was() {
    Instant at = Instant.parse("2026-01-02T03:04:05.123456Z");
    EntityEvent event = ORDERS.updated(BEFORE, AFTER).withHeader("traceparent", "00-1-2-3");
    ChangeEvent read =
        OutboxRecord.event(OutboxRecord.bytes(event, at))
            .source("billing")
            .log("billing-1")
            .version(Version.of(1, new byte[] {1}))
            .build();
    assertEquals("UPDATED order/7 billing-1:000000000000000101 from billing", read.toString());
    assertEquals(event.before(), read.oldValue());
    assertEquals(event.after(), read.newValue());
    assertEquals(event.changedFields(), read.changedFields());
    assertEquals(event.headers(), read.headers());
    assertEquals(event.key(), read.key());
    assertEquals(at, read.changedAt());
  }

  @Test
  void a_message_carries_key_and_content_and_is_no_state() {
    EntityEvent event = ORDERS.message(AFTER, Map.of("reminder", 2));
    assertEquals(ChangeType.MESSAGE, event.type());
    assertEquals("{reminder=2}", String.valueOf(event.after()));
    assertEquals(List.of(), event.changedFields());
    assertEquals("7", event.id());
  }

  private static Value value(Object object) {
    EntityType<Object[]> type =
        EntityType.<Object[]>builder("x")
            .field("id", array -> 1)
            .field("f", array -> array[0])
            .key("id")
            .build();
    return type.created(new Object[] {object}).after().get("f");
  }
}
