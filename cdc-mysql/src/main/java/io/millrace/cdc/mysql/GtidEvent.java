package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * What the event in front of a transaction says.
 *
 * @param gtid in the flavour's text; MySQL: {@code uuid:number} or {@code uuid:tag:number}
 * @param committedAt when it was committed here; whole seconds on MariaDB
 * @param originalMicros when it was committed where it was first made, in microseconds since the
 *     epoch: the same on every replica
 * @param explicit whether the transaction is sure to have an end of its own; MySQL says so later,
 *     with BEGIN
 */
record GtidEvent(String gtid, Instant committedAt, long originalMicros, boolean explicit) {
  private static final int STANDALONE = 1;
  private static final int MICROS = 1_000_000;
  private static final long BOTH_TIMES = 1L << 55;

  static GtidEvent mariaDb(RawEvent event) {
    ByteReader in = event.body();
    long sequence = in.s64();
    long domain = in.u32();
    String gtid = domain + "-" + event.serverId() + "-" + Long.toUnsignedString(sequence);
    return new GtidEvent(
        gtid,
        Instant.ofEpochSecond(event.timestamp()),
        event.timestamp() * MICROS,
        (in.u8() & STANDALONE) == 0);
  }

  static GtidEvent mySql(RawEvent event, ServerNames servers) {
    ByteReader in = event.body();
    in.position++; // flags
    String server = servers.of(in.bytes, in.position);
    in.position += ServerNames.BYTES;
    String gtid = server + in.s64();
    in.position += 17; // typecode, last committed, sequence
    if (in.remaining() < 7) {
      return of(event, gtid, -1, -1); // before MySQL 8
    }
    long here = in.unsigned(7);
    long first = (here & BOTH_TIMES) != 0 ? in.unsigned(7) : -1;
    return of(event, gtid, here & ~BOTH_TIMES, first);
  }

  /** MySQL 8.3 and later, where the GTID has a tag: a list of numbered fields. */
  static GtidEvent tagged(RawEvent event) {
    ByteReader in = event.body();
    long version = in.varint();
    if (version != 1) {
      throw new SourceException(
          "A tagged GTID is written in form " + version + ", of which this release knows 1 only.");
    }
    in.varint(); // size
    in.varint(); // the last field that must be understood
    byte[] server = new byte[ServerNames.BYTES];
    long number = 0;
    String tag = "";
    long here = -1;
    long first = -1;
    while (in.hasMore()) {
      int field = (int) in.varint();
      switch (field) {
        case 1 -> {
          for (int i = 0; i < server.length; i++) {
            server[i] = (byte) in.varint();
          }
        }
        case 2 -> number = in.varint() >>> 1; // signed: the lowest bit is the sign
        case 3 -> {
          int length = (int) in.varint();
          tag = new String(in.copy(length), StandardCharsets.US_ASCII);
        }
        case 6 -> here = in.varint();
        case 7 -> first = in.varint();
        default -> in.varint(); // flags, logical clock, length, versions: one number each
      }
    }
    String before = ServerNames.text(server, 0) + (tag.isEmpty() ? "" : tag + ":");
    return of(event, before + number, here, first);
  }

  private static GtidEvent of(RawEvent event, String gtid, long hereMicros, long firstMicros) {
    long here = hereMicros < 0 ? event.timestamp() * MICROS : hereMicros;
    Instant committedAt = Instant.ofEpochSecond(here / MICROS, here % MICROS * 1000);
    return new GtidEvent(gtid, committedAt, firstMicros < 0 ? here : firstMicros, false);
  }
}
