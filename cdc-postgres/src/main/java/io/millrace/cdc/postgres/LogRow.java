package io.millrace.cdc.postgres;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * One row of the change log, as it stands there.
 *
 * @param oldText the state before, as JSON in UTF-8
 * @param newText the state after, as JSON
 * @param event what an application appended
 * @param oldRecord the state before as the row's own text, where JSON's null may be in it ({@link
 *     JsonNulls}); never in format 1
 * @param newRecord the same of the state after
 */
record LogRow(
    long id,
    long xid,
    long incarnation,
    Instant at,
    int format,
    int depth,
    int hops,
    boolean applied,
    char op,
    String relation,
    byte @Nullable [] oldText,
    byte @Nullable [] newText,
    byte @Nullable [] event,
    @Nullable String oldRecord,
    @Nullable String newRecord) {
  /** The newest row format that this release reads. */
  static final int FORMAT = 2;

  /** Stands for no state in {@link #hash}. */
  private static final byte[] NONE = "null".getBytes(StandardCharsets.UTF_8);

  /**
   * The columns, in the order in which {@link LogRows} reads them. The time comes as the eight
   * bytes of its binary form, which costs less to read than any text of it.
   */
  static final String COLUMNS =
      "id, xid, incarnation, pg_catalog.timestamptz_send(at) AS at, format, depth, hops, applied, op, relation, old, new,"
          + " event, old_record, new_record";

  /** The same change at another place of the log. */
  LogRow at(long other) {
    return new LogRow(
        other,
        xid,
        incarnation,
        at,
        format,
        depth,
        hops,
        applied,
        op,
        relation,
        oldText,
        newText,
        event,
        oldRecord,
        newRecord);
  }

  /** Roughly what it takes in memory, in bytes. */
  long size() {
    return 200L
        + (oldText == null ? 0 : oldText.length)
        + (newText == null ? 0 : newText.length)
        + (event == null ? 0 : event.length)
        + (oldRecord == null ? 0 : oldRecord.length())
        + (newRecord == null ? 0 : newRecord.length());
  }

  /**
   * A short hash of everything in it: two rows with one id and different content are told apart.
   */
  String hash() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      String head =
          id + "\n" + xid + "\n" + incarnation + "\n" + at + "\n" + op + "\n" + relation + "\n";
      digest.update(head.getBytes(StandardCharsets.UTF_8));
      digest.update(oldText == null ? NONE : oldText);
      digest.update((byte) 0);
      digest.update(newText == null ? NONE : newText);
      if (event != null) {
        digest.update(event);
      }
      if (oldRecord != null || newRecord != null) {
        digest.update((oldRecord + "\n" + newRecord).getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
