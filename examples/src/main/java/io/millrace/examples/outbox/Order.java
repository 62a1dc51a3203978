package io.millrace.examples.outbox;

import io.millrace.cdc.outbox.EntityType;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An order as the service's code has it. */
record Order(long id, String customer, String state, BigDecimal total, @Nullable String note) {
  static final EntityType<Order> TYPE = EntityType.of("order", Order.class).key("id").build();

  /** The fields in the judge's words. */
  Map<String, @Nullable String> texts() {
    Map<String, @Nullable String> texts = new TreeMap<>();
    texts.put("id", Long.toString(id));
    texts.put("customer", customer);
    texts.put("state", state);
    texts.put("total", total.signum() == 0 ? "0" : total.stripTrailingZeros().toPlainString());
    texts.put("note", note);
    return texts;
  }
}
