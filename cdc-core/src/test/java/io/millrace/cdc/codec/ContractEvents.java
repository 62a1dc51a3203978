package io.millrace.cdc.codec;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Events of the shop whose contract the tests bind. */
final class ContractEvents {
  private ContractEvents() {}

  static ContractCodec old() {
    return ContractCodec.builder()
        .entity(
            "order",
            io.millrace.cdc.codec.contract.old.OrderChanged.getDescriptor(),
            m ->
                m.service("monolith", "ORIGIN_MONOLITH")
                    .service("billing", "ORIGIN_BILLING")
                    .key("id")
                    .type(ChangeType.SNAPSHOT, "TYPE_CREATED"))
        .build();
  }

  static ContractCodec grown() {
    return ContractCodec.builder()
        .entity(
            "order",
            io.millrace.cdc.codec.contract.grown.OrderChanged.getDescriptor(),
            m ->
                m.service("monolith", "ORIGIN_MONOLITH")
                    .service("billing", "ORIGIN_BILLING")
                    .service("shop", "ORIGIN_SHOP")
                    .key("id")
                    .type(ChangeType.MESSAGE, "TYPE_ARCHIVED"))
        .build();
  }

  static Row line(String sku, long count) {
    return Row.builder().put("sku", Value.of(sku)).put("count", Value.of(count)).build();
  }

  static Row order(Value note) {
    return Row.builder()
        .put("id", Value.of(7))
        .put("total_cents", Value.of(1050))
        .put("note", note)
        .put("status", Value.of("STATUS_PAID"))
        .put("placed_at", Value.TimestampValue.of(Instant.parse("2026-01-02T03:04:05Z")))
        .put(
            "lines",
            new Value.ListValue(
                List.of(
                    new Value.DocumentValue(line("a", 1)), new Value.DocumentValue(line("b", 2)))))
        .build();
  }

  static ChangeEvent updated() {
    return updated(order(Value.of("fine")));
  }

  static ChangeEvent updated(Row newValue) {
    return ChangeEvent.builder()
        .type(ChangeType.UPDATED)
        .entity("order")
        .key(Row.of("id", Value.of(7)))
        .source("billing")
        .log("billing-0a1b2c3d")
        .version(Version.of(3, new byte[] {0, 9}))
        .changedAt(Instant.parse("2026-01-02T03:04:05.000006Z"))
        .newValue(newValue)
        .changedFields(List.of("total_cents", "note"))
        .transactionId("42")
        .hops(1)
        .headers(Map.of("traceparent", "00-1-2-01"))
        .schema("f00d")
        .build();
  }
}
