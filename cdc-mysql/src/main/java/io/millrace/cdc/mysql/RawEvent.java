package io.millrace.cdc.mysql;

/**
 * One event of the binary log as it came, header included, checksum cut off. It lies within an
 * array that others lie in too. Immutable.
 */
final class RawEvent {
  static final int HEADER = 19;

  /** Where an event's header says how long it is. */
  static final int LENGTH_AT = 9;

  private final byte[] bytes;
  private final int start;
  private final int end;
  private final int length;

  /** An event that has an array of its own, which is given away, and no checksum. */
  RawEvent(byte[] bytes) {
    this(bytes, 0, bytes.length, bytes.length);
  }

  /**
   * An event.
   *
   * @param bytes not written any more where the event lies
   * @param start where it begins
   * @param end where it ends and its checksum begins
   * @param length as it stands in the file, checksum included
   */
  RawEvent(byte[] bytes, int start, int end, int length) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.length = length;
  }

  byte[] bytes() {
    return bytes;
  }

  int start() {
    return start;
  }

  int end() {
    return end;
  }

  /** Bytes without the checksum. */
  int size() {
    return end - start;
  }

  /** The same event in an array of its own, for one that stays long. */
  RawEvent alone() {
    byte[] own = new byte[size()];
    System.arraycopy(bytes, start, own, 0, own.length);
    return new RawEvent(own, 0, own.length, length);
  }

  int type() {
    return bytes[start + 4] & 0xff;
  }

  /** Seconds since the epoch. */
  long timestamp() {
    return u32(0);
  }

  /** Of the server on which the change was first made. */
  long serverId() {
    return u32(5);
  }

  /** Where the event after this one begins; 0 inside MariaDB's transactions. */
  long nextOffset() {
    return u32(13);
  }

  /** Whether the event is made up by the server for this connection and stands in no file. */
  boolean artificial() {
    return (flags() & 0x20) != 0;
  }

  /** Whether a reader that does not know the type may pass it over. */
  boolean ignorable() {
    return (flags() & 0x80) != 0;
  }

  /** Length as it stands in the file, checksum included. */
  int length() {
    return length;
  }

  /** A cursor over what follows the header. */
  ByteReader body() {
    return new ByteReader(bytes, start + HEADER, end);
  }

  private int flags() {
    return (bytes[start + 17] & 0xff) | (bytes[start + 18] & 0xff) << 8;
  }

  private long u32(int offset) {
    return ByteReader.int32(bytes, start + offset) & 0xffff_ffffL;
  }
}
