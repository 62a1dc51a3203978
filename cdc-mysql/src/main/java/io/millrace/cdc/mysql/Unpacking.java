package io.millrace.cdc.mysql;

import com.github.luben.zstd.ZstdInputStream;
import io.millrace.cdc.error.SourceException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Takes apart what a server has compressed in its log. */
final class Unpacking {
  private static final int ZSTD = 0;
  private static final int NONE = 255;
  private static final int END_OF_FIELDS = 0;
  private static final int COMPRESSION = 2;

  private Unpacking() {}

  /**
   * MariaDB's compressed rows as the plain event that they stand for.
   *
   * @param event of a type that {@link EventCode#isCompressedRows} knows
   */
  static RawEvent rows(RawEvent event) {
    int images = RowCursor.imagesStart(event);
    int room = images - event.start();
    ByteReader in = new ByteReader(event.bytes(), images, event.end());
    byte[] bytes = inflate(in, room);
    System.arraycopy(event.bytes(), event.start(), bytes, 0, room);
    bytes[4] = (byte) EventCode.plainRows(event.type());
    return new RawEvent(bytes);
  }

  /** The text of MariaDB's compressed statement, which ends its event. */
  static byte[] statement(ByteReader in) {
    return inflate(in, 0);
  }

  /** One byte with algorithm and length of the length, the length, and zlib's own form. */
  private static byte[] inflate(ByteReader in, int room) {
    int first = in.u8();
    if ((first & 0xf0) != 0x80) {
      throw new SourceException(
          "A compressed event begins with byte 0x"
              + Integer.toHexString(first)
              + ", of an algorithm that this release does not know. SET GLOBAL log_bin_compress=OFF.");
    }
    int length = Math.toIntExact(in.bigEndian(first & 0x07));
    byte[] bytes = new byte[Math.addExact(room, length)];
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(in.bytes, in.position, in.remaining());
      int at = room;
      while (at < bytes.length) {
        int more = inflater.inflate(bytes, at, bytes.length - at);
        if (more == 0) {
          throw new SourceException("A compressed event ends before its " + length + " bytes.");
        }
        at += more;
      }
      return bytes;
    } catch (DataFormatException e) {
      throw new SourceException("A compressed event is damaged: " + e.getMessage(), e);
    } finally {
      inflater.end();
    }
  }

  /** The events in MySQL's compressed transaction, one at a time. */
  static Payload payload(RawEvent event) {
    ByteReader in = event.body();
    int compression = NONE;
    int field = in.packed();
    while (field != END_OF_FIELDS) {
      int length = in.packed();
      int end = in.position + length;
      if (field == COMPRESSION) {
        compression = in.packed();
      }
      in.position = end;
      field = in.packed();
    }
    InputStream packed = new ByteArrayInputStream(in.bytes, in.position, in.remaining());
    try {
      return switch (compression) {
        case ZSTD -> new Payload(new ZstdInputStream(packed));
        case NONE -> new Payload(packed);
        default ->
            throw new SourceException(
                "A transaction is compressed with algorithm "
                    + compression
                    + ", which this release does not know. SET GLOBAL"
                    + " binlog_transaction_compression=OFF.");
      };
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  private static SourceException damaged(IOException e) {
    return new SourceException("A compressed transaction is damaged: " + e.getMessage(), e);
  }

  /** What is left of a transaction's events; they have no checksums. Used by one thread. */
  static final class Payload implements AutoCloseable {
    private final InputStream in;

    private Payload(InputStream in) {
      this.in = in;
    }

    /** The next event, or null after the last. */
    @Nullable RawEvent next() {
      try {
        byte[] head = in.readNBytes(RawEvent.HEADER);
        if (head.length == 0) {
          return null;
        }
        int length = head.length < RawEvent.HEADER ? 0 : ByteReader.int32(head, RawEvent.LENGTH_AT);
        if (length < RawEvent.HEADER) {
          throw new EOFException("an event of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        System.arraycopy(head, 0, bytes, 0, head.length);
        if (in.readNBytes(bytes, head.length, length - head.length) < length - head.length) {
          throw new EOFException("it ends inside an event");
        }
        return new RawEvent(bytes);
      } catch (IOException e) {
        throw damaged(e);
      }
    }

    @Override
    public void close() {
      try {
        in.close();
      } catch (IOException e) {
        throw damaged(e);
      }
    }
  }
}
