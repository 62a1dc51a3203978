package io.millrace.cdc.mysql;

import com.github.shyiko.mysql.binlog.event.EventData;

/** One event of the binary log as it came, header included, checksum cut off. Immutable. */
final class RawEvent implements EventData {
  static final int HEADER = 19;
  private static final long serialVersionUID = 1L;

  private final byte[] bytes;
  private final int end;

  /**
   * @param bytes given away
   * @param end where the event ends and its checksum begins
   */
  RawEvent(byte[] bytes, int end) {
    this.bytes = bytes;
    this.end = end;
  }

  byte[] bytes() {
    return bytes;
  }

  int end() {
    return end;
  }

  int type() {
    return bytes[4] & 0xff;
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
    return bytes.length;
  }

  /** A cursor over what follows the header. */
  ByteReader body() {
    return new ByteReader(bytes, HEADER, end);
  }

  private int flags() {
    return (bytes[17] & 0xff) | (bytes[18] & 0xff) << 8;
  }

  private long u32(int at) {
    return (bytes[at] & 0xffL)
        | (bytes[at + 1] & 0xffL) << 8
        | (bytes[at + 2] & 0xffL) << 16
        | (bytes[at + 3] & 0xffL) << 24;
  }
}
