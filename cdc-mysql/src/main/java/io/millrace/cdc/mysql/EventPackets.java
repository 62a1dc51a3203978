package io.millrace.cdc.mysql;

import com.github.shyiko.mysql.binlog.network.ServerException;
import com.github.shyiko.mysql.binlog.network.protocol.ErrorPacket;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the packets that a server sends into events, without a copy of any: all that has come is
 * taken at once, and the events of one read lie in one array. Used by one thread.
 */
final class EventPackets {
  private static final int CHUNK = 128 << 10;

  /** Events beyond this are large: there is room for a few of them only. */
  private static final int LARGE = 1 << 20;

  /** Below this a new array is better than another short read. */
  private static final int SMALL_REST = 4 << 10;

  private static final int PACKET_HEADER = 4;
  private static final int LARGEST = 0xff_ffff;
  private static final int GOOD = 0;
  private static final int ERROR = 0xff;

  /** Waits until those that take events have done with all that were handed on. */
  interface Room {
    void await() throws InterruptedException;
  }

  private final InputStream in;
  private final Room room;
  private byte[] chunk = new byte[CHUNK];

  /** Where the first packet begins that was not cut yet. */
  private int at;

  private int filled;
  private int checksum;

  /** How many events came last time, from which the room for the next ones is guessed. */
  private int lastSize;

  /**
   * Packets.
   *
   * @param in read in pieces as large as there are
   * @param checksum how many bytes at the end of each event are no part of it, until a format
   *     description says so too
   * @param room asked before a large event is read
   */
  EventPackets(InputStream in, int checksum, Room room) {
    this.in = in;
    this.room = room;
    this.checksum = checksum;
  }

  /**
   * The next events, as many as there are; waits for one.
   *
   * @return null where the stream ended
   * @throws ServerException what the server says instead of an event
   */
  @Nullable List<RawEvent> next() throws IOException, InterruptedException {
    List<RawEvent> events = new ArrayList<>(lastSize + 8);
    while (true) {
      RawEvent event = cut(events.isEmpty());
      if (event != null) {
        events.add(event);
      } else if (!events.isEmpty()) {
        lastSize = events.size();
        return events;
      } else if (!fill(PACKET_HEADER)) {
        return null;
      }
    }
  }

  /**
   * The next event that is there as a whole, or null.
   *
   * @param first whether nothing that was cut before waits to be handed on: only then may this fail
   *     or read more
   */
  private @Nullable RawEvent cut(boolean first) throws IOException, InterruptedException {
    if (filled - at < PACKET_HEADER) {
      return null;
    }
    int length = packetLength(chunk, at);
    if (length == LARGEST) {
      return first ? large() : null;
    }
    int begin = at + PACKET_HEADER;
    if (filled - begin < length) {
      if (first && chunk.length - at < PACKET_HEADER + length) {
        if (length > LARGE) {
          room.await();
        }
        need(PACKET_HEADER + length);
      }
      return null;
    }
    int kind = length == 0 ? -1 : chunk[begin] & 0xff;
    if (kind != GOOD) {
      if (first) {
        throw notAnEvent(kind, begin, length);
      }
      return null;
    }
    int start = begin + 1;
    int eventLength = length - 1;
    checkLength(eventLength, chunk, start, eventLength);
    at = start + eventLength;
    return new RawEvent(chunk, start, start + size(chunk, start, eventLength), eventLength);
  }

  private IOException notAnEvent(int kind, int begin, int length) throws IOException {
    if (kind == ERROR) {
      ErrorPacket error = new ErrorPacket(Arrays.copyOfRange(chunk, begin + 1, begin + length));
      return new ServerException(
          error.getErrorMessage(), error.getErrorCode(), error.getSqlState());
    }
    return new IOException(
        length == 0
            ? "the server sent an empty packet instead of an event"
            : "the server sent a packet of kind " + kind + " instead of an event");
  }

  private static void checkLength(int available, byte[] bytes, int start, int expected)
      throws IOException {
    int said = available < RawEvent.HEADER ? available : eventLength(bytes, start);
    if (said < RawEvent.HEADER || said != expected) {
      throw new IOException(
          "an event says that it is " + said + " bytes long, in a packet for " + expected);
    }
  }

  /** How long an event is without its checksum, which a format description rules from then on. */
  private int size(byte[] bytes, int start, int length) throws IOException {
    if ((bytes[start + 4] & 0xff) == EventCode.FORMAT_DESCRIPTION) {
      // It always ends in the algorithm and four bytes.
      int algorithm = bytes[start + length - 5] & 0xff;
      checksum = algorithm == 1 ? 4 : 0;
      return length - 5;
    }
    if (length < RawEvent.HEADER + checksum) {
      throw new IOException("an event is " + length + " bytes long, too short for its checksum");
    }
    return length - checksum;
  }

  /** An event that is spread over packets, all but the last of the largest size there is. */
  private RawEvent large() throws IOException, InterruptedException {
    int most = PACKET_HEADER + 1 + RawEvent.HEADER;
    while (filled - at < most) {
      need(most);
      if (!fill(most)) {
        throw new EOFException("the stream ended inside an event");
      }
    }
    int begin = at + PACKET_HEADER;
    int kind = chunk[begin] & 0xff;
    int length = eventLength(chunk, begin + 1);
    if (kind != GOOD || length < LARGEST - 1) {
      throw new IOException(
          "a packet of the largest size, of kind " + kind + ", begins no event of such a size");
    }
    room.await();
    byte[] event = new byte[length];
    byte[] head = new byte[PACKET_HEADER];
    at = begin + 1;
    int done = 0;
    int packet = LARGEST;
    int part = LARGEST - 1;
    while (true) {
      if (part > length - done) {
        throw new IOException(
            "an event says that it is " + length + " bytes long, in packets for more");
      }
      take(event, done, part);
      done += part;
      if (packet < LARGEST) {
        break;
      }
      take(head, 0, PACKET_HEADER);
      packet = packetLength(head, 0);
      part = packet;
    }
    if (done != length) {
      throw new IOException(
          "an event says that it is " + length + " bytes long, in packets for " + done);
    }
    return new RawEvent(event, 0, size(event, 0, length), length);
  }

  private void take(byte[] to, int offset, int count) throws IOException {
    int there = Math.min(count, filled - at);
    System.arraycopy(chunk, at, to, offset, there);
    at += there;
    int done = there;
    while (done < count) {
      int read = in.read(to, offset + done, count - done);
      if (read < 0) {
        throw new EOFException("the stream ended inside an event");
      }
      done += read;
    }
  }

  /** Reads what there is, waiting for at least one byte; false at the end of the stream. */
  private boolean fill(int wanted) throws IOException {
    int rest = filled - at;
    if (rest == 0 && chunk.length - filled < SMALL_REST) {
      need(Math.max(wanted, CHUNK));
    } else if (filled == chunk.length) {
      need(Math.max(rest + SMALL_REST, CHUNK));
    }
    int read = in.read(chunk, filled, chunk.length - filled);
    if (read < 0) {
      if (rest > 0) {
        throw new EOFException("the stream ended inside an event");
      }
      return false;
    }
    filled += read;
    return true;
  }

  /** Makes room for so many bytes from the first packet on; what was cut stays where it is. */
  private void need(int count) {
    if (chunk.length - at >= count) {
      return;
    }
    byte[] next = new byte[Math.max(CHUNK, count)];
    System.arraycopy(chunk, at, next, 0, filled - at);
    filled -= at;
    at = 0;
    chunk = next;
  }

  private static int packetLength(byte[] bytes, int at) {
    return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16;
  }

  private static int eventLength(byte[] bytes, int start) {
    return ByteReader.int32(bytes, start + RawEvent.LENGTH_AT);
  }
}
