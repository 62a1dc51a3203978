package io.millrace.cdc.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.cdc.event.FieldNames;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The lists of names that rows were read with lately: nearly all rows have those of a few tables.
 * Any thread; one that loses its place to another is made anew.
 */
final class FieldShapes {
  /** Names in order, also in UTF-8. */
  record Shape(int hash, byte[][] texts, FieldNames names) {}

  private static final int KNOWN = 512;
  private static final int MOST_NAMES = 500;
  private static final AtomicReferenceArray<Shape> SHAPES = new AtomicReferenceArray<>(KNOWN);

  private FieldShapes() {}

  /** One that may be it: same number of names, same hash; null where there is none. */
  static @Nullable Shape find(int hash, int count) {
    Shape shape = SHAPES.get(place(hash));
    return shape != null && shape.hash() == hash && shape.texts().length == count ? shape : null;
  }

  /** The names, kept for the next row. */
  static FieldNames keep(int hash, List<String> names) {
    FieldNames made = FieldNames.of(names);
    if (names.size() <= MOST_NAMES) {
      byte[][] texts = names.stream().map(name -> name.getBytes(UTF_8)).toArray(byte[][]::new);
      SHAPES.set(place(hash), new Shape(hash, texts, made));
    }
    return made;
  }

  private static int place(int hash) {
    return (hash ^ (hash >>> 16)) & (KNOWN - 1);
  }
}
