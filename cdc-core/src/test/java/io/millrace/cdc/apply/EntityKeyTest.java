package io.millrace.cdc.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Ids that are longer than the ledger's column. */
final class EntityKeyTest {
  @Test
  void an_id_of_512_bytes_is_kept_as_it_is() {
    String id = "\u00e9".repeat(256);
    assertEquals(id, EntityKey.of("e", id).id());
  }

  @Test
  void a_longer_id_keeps_its_beginning_and_its_hash() {
    String id = "x".repeat(513);
    String stored = EntityKey.of("e", id).id();
    assertEquals(505, stored.length());
    assertTrue(stored.startsWith("x".repeat(440) + "#"));
    assertNotEquals(stored, EntityKey.of("e", id + "y").id());
  }

  @Test
  void no_character_is_cut_in_the_middle() {
    String id = "a" + "\ud83d\ude00".repeat(200);
    String stored = EntityKey.of("e", id).id();
    assertEquals(437 + 65, stored.getBytes(StandardCharsets.UTF_8).length);
    assertTrue(stored.startsWith("a" + "\ud83d\ude00".repeat(109) + "#"));
  }
}
