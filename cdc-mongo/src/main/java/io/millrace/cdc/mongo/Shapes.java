package io.millrace.cdc.mongo;

import io.millrace.cdc.event.FieldNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The field names of documents seen lately: a document of a known shape makes no text for its
 * names. Used by one thread.
 */
final class Shapes {
  private static final int SLOTS = 1 << 10;
  private static final long FNV_START = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private static final int FIRST_SLOTS = 1 << 6;

  private final @Nullable Shape[] slots = new @Nullable Shape[SLOTS];

  /** The last shape that began with a name, by that name. */
  private final @Nullable Shape[] lately = new @Nullable Shape[FIRST_SLOTS];

  /** A name that cannot be told: another one in its place would be another field. */
  static final class MalformedName extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    MalformedName(String hex) {
      super("the name of a field is no UTF-8, its bytes are " + hex + ". Rename the field.");
    }
  }

  /** The names of one shape and their bytes. */
  record Shape(long hash, FieldNames names, byte[][] utf8) {
    /** Whether the name at an index is the one in the bytes. */
    boolean has(int index, byte[] bytes, int start) {
      byte[] name = utf8[index];
      int end = start + name.length;
      return end < bytes.length
          && bytes[end] == 0
          && Arrays.equals(name, 0, name.length, bytes, start, end);
    }
  }

  /** The shape that a document may have, by the name of its first field; null for no idea. */
  @Nullable Shape likely(byte[] bytes, int start) {
    return lately[first(bytes, start)];
  }

  private static int first(byte[] bytes, int start) {
    int at = start + Integer.BYTES;
    int hash = 0;
    if (bytes[at] != 0) {
      for (at++; bytes[at] != 0; at++) {
        hash = 31 * hash + bytes[at];
      }
    }
    return hash & (FIRST_SLOTS - 1);
  }

  /**
   * The shape of a document.
   *
   * @param start where the document's length stands
   * @throws IllegalArgumentException where a name comes twice
   */
  Shape of(byte[] bytes, int start) {
    long hash = FNV_START;
    int count = 0;
    int at = start + Integer.BYTES;
    for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
      at++;
      while (bytes[at] != 0) {
        hash = (hash ^ bytes[at++]) * FNV_PRIME;
      }
      hash = hash * FNV_PRIME + 1;
      at = BsonBytes.skip(bytes, type, at + 1);
      count++;
    }
    int slot = (int) (hash ^ (hash >>> 32)) & (SLOTS - 1);
    Shape known = slots[slot];
    if (known != null
        && known.hash() == hash
        && known.utf8().length == count
        && matches(known, bytes, start)) {
      lately[first(bytes, start)] = known;
      return known;
    }
    Shape made = read(hash, bytes, start);
    slots[slot] = made;
    lately[first(bytes, start)] = made;
    return made;
  }

  private static boolean matches(Shape shape, byte[] bytes, int start) {
    int at = start + Integer.BYTES;
    for (int i = 0; i < shape.utf8().length; i++) {
      int type = BsonBytes.type(bytes, at);
      if (!shape.has(i, bytes, at + 1)) {
        return false;
      }
      at = BsonBytes.skip(bytes, type, at + 1 + shape.utf8()[i].length + 1);
    }
    return true;
  }

  private static Shape read(long hash, byte[] bytes, int start) {
    List<String> names = new ArrayList<>();
    List<byte[]> utf8 = new ArrayList<>();
    int at = start + Integer.BYTES;
    for (int type = BsonBytes.type(bytes, at); type != 0; type = BsonBytes.type(bytes, at)) {
      int end = BsonBytes.endOfName(bytes, at + 1);
      byte[] name = Arrays.copyOfRange(bytes, at + 1, end);
      String text = new String(name, StandardCharsets.UTF_8);
      if (!Arrays.equals(name, text.getBytes(StandardCharsets.UTF_8))) {
        throw new MalformedName(HexFormat.of().formatHex(name));
      }
      utf8.add(name);
      names.add(text);
      at = BsonBytes.skip(bytes, type, end + 1);
    }
    return new Shape(hash, FieldNames.of(names), utf8.toArray(new byte[0][]));
  }
}
