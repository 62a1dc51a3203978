package io.millrace.cdc.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.transport.Delivery;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MovesTest {
  private static final Set<String> PARTS = Set.of("line");

  private static Row order(long id) {
    return Row.of("id", Value.of(id));
  }

  private static Row line(long order) {
    return Row.builder().put("order_id", Value.of(order)).put("no", Value.of(1)).build();
  }

  private static Item item(
      String entity, ChangeType type, Row key, @Nullable Row previous, Item.Role role) {
    ChangeEvent event =
        ChangeEvent.builder()
            .type(type)
            .entity(entity)
            .key(key)
            .previousKey(previous)
            .newValue(type == ChangeType.DELETED ? null : key)
            .changedFields(type == ChangeType.DELETED ? List.of() : key.names().asList())
            .routingKey("order")
            .source("shop")
            .changedAt(Instant.EPOCH)
            .log("shop-1")
            .version(Version.of(1, new byte[] {1}))
            .transactionId("t")
            .build();
    EntityKey whole = EntityKey.of("order", key.value(0).toString());
    Delivery delivery = new Delivery(0, 0, "order", ProtobufCodec.instance().encode(event));
    return new Item(delivery, event, whole).as(role);
  }

  @Test
  void a_part_that_comes_after_its_whole_was_deleted_is_for_itself() {
    Item gone = item("order", ChangeType.DELETED, order(1), null, Item.Role.WHOLE);
    Item late = item("line", ChangeType.CREATED, line(1), null, Item.Role.WHOLE);
    assertThat(Moves.runs(List.of(gone, late), PARTS))
        .containsExactly(List.of(gone), List.of(late));
    assertThat(Moves.runs(List.of(gone, late), Set.of())).containsExactly(List.of(gone, late));
    Item taken = item("line", ChangeType.DELETED, line(1), null, Item.Role.WHOLE);
    assertThat(Moves.runs(List.of(gone, taken), PARTS)).containsExactly(List.of(gone, taken));
  }

  @Test
  void a_part_whose_key_changes_with_that_of_its_whole_stays_one_step() {
    List<Item> cascade =
        List.of(
            item("order", ChangeType.DELETED, order(1), order(2), Item.Role.LEFT),
            item("order", ChangeType.CREATED, order(2), order(1), Item.Role.ARRIVED),
            item("line", ChangeType.DELETED, line(1), line(2), Item.Role.LEFT),
            item("line", ChangeType.CREATED, line(2), line(1), Item.Role.ARRIVED));
    assertThat(Moves.runs(cascade, PARTS)).containsExactly(cascade);
  }
}
