package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldEvent;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.error.ApplyException;
import io.millrace.cdc.transport.Delivery;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.junit.jupiter.api.Test;

class OwnFormsTest {
  private static final EntityKey KEY = new EntityKey("order", "1,2");

  @Test
  void a_ledger_document_gives_back_what_was_put_in_whatever_the_logs_are_called() {
    byte[] shadow = {1, 2, 3};
    List<LedgerEntry> entries =
        List.of(
            new LedgerEntry(KEY, "a.b$%2E-1", new byte[] {0, -1}, false, null, 3),
            new LedgerEntry(KEY, "plain-00", new byte[] {9}, true, null, 0),
            new LedgerEntry(KEY, LedgerEntry.FOLD_LOG, new byte[0], true, shadow, 2));
    LedgerForm form = new LedgerForm("in");
    BsonDocument row = form.of(KEY).decode(new BsonDocumentCodec());
    assertEquals(new BsonDocument("_id", OwnForms.key("in", KEY)), row);
    form.update(entries, 7, 5)
        .getDocument("$set")
        .forEach((path, value) -> BsonPaths.put(row, path, value));
    assertEquals(7, row.getInt64("mark").getValue());
    assertEquals(
        Map.of("a.b$%2E-1", "00ff", "plain-00", "09"),
        OwnForms.logs(row).entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    log -> log.getValue().getString(OwnForms.VERSION).getValue())));
    Map<String, LedgerEntry> read = new HashMap<>();
    LedgerForm.entries(new RawBsonDocument(row, new BsonDocumentCodec()))
        .forEach(entry -> read.put(entry.log(), entry));
    assertEquals(3, read.size());
    for (LedgerEntry entry : entries) {
      LedgerEntry again = read.get(entry.log());
      assertEquals(entry.key(), again.key());
      assertArrayEquals(entry.version(), again.version());
      assertArrayEquals(entry.shadow(), again.shadow());
      assertEquals(entry.deleted(), again.deleted());
      assertEquals(entry.hops(), again.hops());
    }
  }

  @Test
  void a_held_event_comes_back_whole() {
    Encoded event = new Encoded(new byte[] {0, 1, -1}, Map.of("a", "b", "c.d$", ""));
    HeldEvent held =
        new HeldEvent(KEY, new Delivery(3, 77, "order/1", event), "why", 2, 1234, true);
    HeldEvent again = OwnForms.held(OwnForms.held("in", held));
    assertEquals(KEY, again.key());
    assertEquals(77, again.delivery().offset());
    assertEquals(3, again.delivery().partition());
    assertArrayEquals(event.body(), again.delivery().event().body());
    assertEquals(event.headers(), again.delivery().event().headers());
    assertEquals("why", again.error());
    assertEquals(2, again.attempts());
    assertEquals(1234, again.heldSinceMillis());
    assertEquals(true, again.parked());
  }

  @Test
  void a_document_of_a_newer_release_is_refused_by_name() {
    BsonDocument row = new BsonDocument("format", new BsonInt32(2));
    ApplyException refused =
        assertThrows(ApplyException.class, () -> OwnForms.check(OwnCollections.LEDGER, row));
    assertEquals(true, String.valueOf(refused.getMessage()).contains("format 2"));
  }
}
