package io.millrace.cdc.mysql;

import java.time.Instant;
import java.util.zip.CRC32C;

/** A transaction whose end was not read yet. */
final class OpenTransaction {
  /** Offsets in the log have 32 bits, files may be longer. */
  private static final long WRAP = 1L << 32;

  private final Flavour flavour;

  /** Its name; its place in the log takes the place of a GTID that it has not. */
  String gtid;

  final long offset;
  final Instant committedAt;
  final TransactionBuffer events;
  final CRC32C hash = new CRC32C();

  /** Bytes of its row events so far, as if nothing were compressed. */
  long rowBytes;

  /** Whether it has an end of its own to come; else one statement is all there is. */
  boolean explicit;

  /** Whether only its hash is wanted. */
  boolean passedOver;

  /** Whether its events come out of a compressed one just now. */
  boolean packed;

  /** Whether they came out of one. */
  boolean gathered;

  /** Where the next event begins, beyond 4 GiB too. */
  private long at;

  OpenTransaction(Flavour flavour, GtidEvent gtid, RawEvent event, TransactionBuffer events) {
    this.flavour = flavour;
    this.gtid = gtid.gtid();
    this.at = event.nextOffset();
    this.offset = at - event.length();
    this.committedAt = gtid.committedAt();
    this.explicit = gtid.explicit();
    this.events = events;
    long first = gtid.originalMicros();
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      hash.update((byte) (first >>> shift));
    }
  }

  /** Where the next event begins. */
  long at() {
    return at;
  }

  /**
   * Where an event begins. MariaDB writes no offsets inside transactions: counted from the
   * transaction's beginning, without checksums, so that the count is the same at every reading.
   */
  long startOf(RawEvent event) {
    long start = at;
    if (packed) {
      return start;
    }
    if (flavour == Flavour.MYSQL) {
      start = event.nextOffset() - event.length();
      while (start < at) {
        start += WRAP;
      }
      at = start + event.length();
    } else {
      at = start + event.size();
    }
    return start;
  }

  /** Where its last event ends. */
  long endOf(RawEvent last) {
    long end = packed ? at : last.nextOffset();
    while (end < at) {
      end += WRAP;
    }
    return end;
  }
}
