package io.millrace.cdc.mysql;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * What stands before the number in a MySQL GTID. One server after the other writes many
 * transactions, so the last name is kept. Used by one thread.
 */
final class ServerNames {
  static final int BYTES = 16;

  private byte[] known = new byte[BYTES];
  private String text = text(known, 0);

  /** The UUID that begins at an index, and the colon behind it. */
  String of(byte[] bytes, int at) {
    if (!Arrays.equals(known, 0, BYTES, bytes, at, at + BYTES)) {
      known = Arrays.copyOfRange(bytes, at, at + BYTES);
      text = text(known, 0);
    }
    return text;
  }

  /** As {@link #of}, of any server. */
  static String text(byte[] bytes, int at) {
    String hex = HexFormat.of().formatHex(bytes, at, at + BYTES);
    return hex.substring(0, 8)
        + '-'
        + hex.substring(8, 12)
        + '-'
        + hex.substring(12, 16)
        + '-'
        + hex.substring(16, 20)
        + '-'
        + hex.substring(20)
        + ':';
  }
}
