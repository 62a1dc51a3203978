package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.millrace.cdc.event.Row;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;
import org.bson.codecs.BsonDocumentCodec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What an update's paths say, with the document at hand and without. */
class ChangedPathsTest {
  private static final CapturedCollection COLLECTION =
      new CapturedCollection(
          "item",
          "item",
          false,
          Set.of("seen"),
          Set.of("secret"),
          List.of(),
          Map.of("_id", "id", "old", "new"));

  private static Row row(String json) {
    BsonBytes.Slice slice =
        BsonBytes.Slice.of(new RawBsonDocument(BsonDocument.parse(json), new BsonDocumentCodec()));
    return new BsonDecoder().row(slice.bytes(), slice.start());
  }

  private static String changed(@Nullable String document, String... paths) {
    ChangedPaths changed = new ChangedPaths(COLLECTION);
    for (String path : paths) {
      changed.add(path, document == null ? null : row(document));
    }
    return changed.paths().toString();
  }

  @Test
  void a_number_is_a_name_in_a_document_and_a_place_in_an_array() {
    assertEquals("[a.0]", changed("{a: {'0': 1}}", "a.0"));
    assertEquals("[a]", changed("{a: [1]}", "a.0"));
    assertEquals("[a]", changed("{a: {b: [[1]]}}", "a.b.0.0"));
    assertEquals("[a.0.b]", changed("{a: {'0': {b: 1}}}", "a.0.b"));
    assertEquals("[0]", changed("{'0': 1}", "0"));
    assertEquals("[0.1]", changed("{'0': {'1': 2}}", "0.1"));
    assertEquals("[a]", changed(null, "a.0")); // nobody can tell: the whole field
    assertEquals("[a.b]", changed(null, "a.b"));
    assertEquals("[a]", changed("{b: 1}", "a.0")); // removed since
  }

  @Test
  void a_name_with_dots_is_found_in_the_document() {
    assertEquals("[a.b]", changed("{'a.b': 1}", "a.b"));
    assertEquals("[a.b]", changed("{'a.b': [1]}", "a.b.0"));
    assertEquals("[a.b.c]", changed("{'a.b': {c: 1}}", "a.b.c"));
    assertEquals("[a.b]", changed("{a: {b: 1}}", "a.b"));
    assertEquals("[a]", changed("{a: {'b.c': 1}}", "a.b.c"));
    assertEquals("[a]", changed("{a: {b: {c: 1}, 'b.c': {d: 1}}}", "a.b.c.d"));
    assertEquals("[a.b.c]", changed("{a: {b: {c: 1}, 'b.d': 1}}", "a.b.c"));
    assertEquals("[a.b.c]", changed("{a: {b: {}}}", "a.b.c")); // removed
  }

  @Test
  void an_array_that_was_made_shorter_is_told_by_its_top_level_field() {
    for (String document : new String[] {"{a: {b: [1]}}", "{c: 1}"}) {
      ChangedPaths changed = new ChangedPaths(COLLECTION);
      changed.addArray("a.b", row(document));
      assertEquals("[a]", changed.paths().toString());
    }
    ChangedPaths changed = new ChangedPaths(COLLECTION);
    changed.addArray("x.y", row("{'x.y': [1]}"));
    changed.addArray("secret.y", row("{secret: {y: [1]}}"));
    assertEquals("[x.y]", changed.paths().toString());
  }

  @Test
  void what_lies_in_a_changed_field_is_part_of_it_and_names_are_the_entitys() {
    assertEquals("[a]", changed("{a: {b: 1, c: 2}}", "a.b", "a", "a.c"));
    assertEquals("[new.x]", changed("{old: {x: 1}}", "old.x", "secret.y"));
    ChangedPaths ignored = new ChangedPaths(COLLECTION);
    ignored.add("seen.x", row("{seen: {x: 1}}"));
    ignored.add("secret", row("{seen: {x: 1}}"));
    assertFalse(ignored.matters());
  }
}
