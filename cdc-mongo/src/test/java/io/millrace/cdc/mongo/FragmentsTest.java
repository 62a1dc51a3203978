package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Objects;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.junit.jupiter.api.Test;

class FragmentsTest {
  private static final String WHOLE = TokenTextTest.SINCE_7;
  private static final String EVENT = WHOLE.substring(0, WHOLE.length() - 2);
  private static final String PART_0 = EVENT + "2904";
  private static final String PART_1 = EVENT + "2B0204";
  private static final String PART_2 = EVENT + "2B0404";

  private final Fragments fragments = new Fragments();
  private final ChangeDocument change = new ChangeDocument();

  private static RawBsonDocument raw(String json) {
    return new RawBsonDocument(BsonValuesTest.bytes(BsonDocument.parse(json)));
  }

  @Test
  void an_event_in_parts_becomes_one_with_its_own_token() {
    RawBsonDocument first =
        raw(
            "{_id: {_data: '"
                + PART_0
                + "', _typeBits: 5}, splitEvent: {fragment: 1, of: 3}, operationType: 'update',"
                + " ns: {db: 'd', coll: 'c'}, documentKey: {_id: 1}}");
    RawBsonDocument second =
        raw(
            "{_id: {_data: '"
                + PART_1
                + "'}, splitEvent: {fragment: 2, of: 3}, fullDocument: {_id: 1, a: 2}}");
    RawBsonDocument third =
        raw(
            "{_id: {_data: '"
                + PART_2
                + "'}, splitEvent: {fragment: 3, of: 3},"
                + " updateDescription: {updatedFields: {a: 2}, removedFields: []}}");
    change.read(BsonBytes.Slice.of(first));
    assertTrue(change.isFragment());
    assertNull(fragments.add(first));
    assertTrue(fragments.open());
    change.read(BsonBytes.Slice.of(second));
    assertTrue(change.isFragment());
    assertNull(fragments.add(second));
    RawBsonDocument whole = Objects.requireNonNull(fragments.add(third));
    assertFalse(fragments.open());
    change.read(BsonBytes.Slice.of(whole));
    assertFalse(change.isFragment());
    assertEquals(WHOLE, change.token());
    assertEquals(5, whole.getDocument("_id").getInt32("_typeBits").getValue());
    assertEquals("c", change.collection());
    assertTrue(change.hasDocument());
    assertTrue(change.hasUpdate());
  }

  @Test
  void an_event_does_not_begin_in_its_middle() {
    RawBsonDocument second = raw("{_id: {_data: '8202'}, splitEvent: {fragment: 2, of: 2}}");
    assertThrows(IllegalArgumentException.class, () -> fragments.add(second));
  }

  @Test
  void what_was_begun_and_broken_off_is_begun_anew() {
    assertNull(
        fragments.add(raw("{_id: {_data: '8201'}, splitEvent: {fragment: 1, of: 2}, a: 1}")));
    assertNull(
        fragments.add(raw("{_id: {_data: '8201'}, splitEvent: {fragment: 1, of: 2}, b: 1}")));
    RawBsonDocument whole =
        Objects.requireNonNull(
            fragments.add(raw("{_id: {_data: '8202'}, splitEvent: {fragment: 2, of: 2}, c: 1}")));
    assertEquals(BsonDocument.parse("{_id: {_data: '8201'}, b: 1, c: 1}"), whole);
  }
}
