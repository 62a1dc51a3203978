package io.millrace.cdc.mysql;

import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventHeader;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.deserialization.ChecksumType;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Hands events on as bytes. To the connector every event looks like one of an unknown type, so that
 * it neither decodes anything (and loses it) nor moves a GTID set or a position of its own.
 */
final class RawEventDeserializer extends EventDeserializer {
  private static final int LENGTH_END = 13;
  private static final EventHeader HEADER = new OpaqueHeader();

  private final byte[] head = new byte[LENGTH_END];
  private int checksum;

  @Override
  @SuppressWarnings("deprecation") // the connector calls it, nobody else
  public void setChecksumType(ChecksumType type) {
    checksum = type.getLength();
  }

  @Override
  @SuppressWarnings("NullAway") // null is the connector's word for the end of the stream
  public @Nullable Event nextEvent(ByteArrayInputStream input) throws IOException {
    if (input.peek() == -1) {
      return null;
    }
    fill(input, head, 0);
    int length =
        (head[9] & 0xff)
            | (head[10] & 0xff) << 8
            | (head[11] & 0xff) << 16
            | (head[12] & 0xff) << 24;
    if (length < RawEvent.HEADER) {
      throw new IOException("an event says that it is " + length + " bytes long");
    }
    byte[] bytes = new byte[length];
    System.arraycopy(head, 0, bytes, 0, LENGTH_END);
    fill(input, bytes, LENGTH_END);
    return new Event(HEADER, new RawEvent(bytes, end(bytes)));
  }

  /** A format description always ends in the algorithm and four bytes, and rules what follows. */
  private int end(byte[] bytes) {
    if ((bytes[4] & 0xff) == EventCode.FORMAT_DESCRIPTION) {
      int algorithm = bytes[bytes.length - 5] & 0xff;
      checksum = algorithm == 1 ? 4 : 0;
      return bytes.length - 5;
    }
    return bytes.length - checksum;
  }

  private static void fill(ByteArrayInputStream input, byte[] bytes, int from) throws IOException {
    int at = from;
    while (at < bytes.length) {
      int read = input.read(bytes, at, bytes.length - at);
      if (read < 0) {
        throw new EOFException("the stream ended inside an event");
      }
      at += read;
    }
  }

  /** What the connector sees of every event. */
  private static final class OpaqueHeader implements EventHeader {
    private static final long serialVersionUID = 1L;

    @Override
    public long getTimestamp() {
      return 0;
    }

    @Override
    public EventType getEventType() {
      return EventType.UNKNOWN;
    }

    @Override
    public long getServerId() {
      return 0;
    }

    @Override
    public long getHeaderLength() {
      return RawEvent.HEADER;
    }

    @Override
    public long getDataLength() {
      return 0;
    }
  }
}
