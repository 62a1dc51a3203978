package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What the ledger and the holds are keyed by.
 *
 * @param entity logical name
 * @param id id of the entity, shortened where it is longer than {@value #MAX_ID_BYTES} bytes of
 *     UTF-8
 */
public record EntityKey(String entity, String id) {
  /** Longest id that is stored as it is, in bytes of UTF-8. */
  public static final int MAX_ID_BYTES = 512;

  private static final int KEPT_BYTES = 440;

  /** The key of an event. */
  public static EntityKey of(ChangeEvent event) {
    return of(event.entity(), event.id());
  }

  /** The key of an entity with any id. */
  public static EntityKey of(String entity, String id) {
    return new EntityKey(entity, shorten(id));
  }

  /**
   * Whether ids that begin with this one and a comma are still told by that beginning when they are
   * shortened.
   */
  public static boolean leads(String id) {
    return id.getBytes(StandardCharsets.UTF_8).length < KEPT_BYTES;
  }

  /** Entity and id, for messages. */
  @Override
  public String toString() {
    return entity + "/" + id;
  }

  private static String shorten(String id) {
    if (id.length() <= MAX_ID_BYTES / 3) {
      return id;
    }
    byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= MAX_ID_BYTES) {
      return id;
    }
    int end = 0;
    int size = 0;
    while (end < id.length()) {
      int point = id.codePointAt(end);
      int width = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      if (size + width > KEPT_BYTES) {
        break;
      }
      size += width;
      end += Character.charCount(point);
    }
    return id.substring(0, end) + "#" + HexFormat.of().formatHex(sha256(bytes));
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
