package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Check;

/**
 * A row of the log that was read, named so that it is known again.
 *
 * @param id its log id
 * @param xid its transaction
 * @param hash of its content
 */
record Witness(long id, long xid, String hash) {
  static Witness of(LogRow row) {
    return new Witness(row.id(), row.xid(), row.hash());
  }

  static Witness parse(String text) {
    String[] parts = text.split("/", -1);
    Check.argument(parts.length == 3, "a witness is id/xid/hash, not '%s'", text);
    return new Witness(Long.parseLong(parts[0]), Long.parseLong(parts[1]), parts[2]);
  }

  @Override
  public String toString() {
    return id + "/" + xid + "/" + hash;
  }
}
