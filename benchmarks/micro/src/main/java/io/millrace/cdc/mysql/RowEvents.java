package io.millrace.cdc.mysql;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Events of a table of eight columns, written as MySQL writes them: bigint, int, varchar(20),
 * decimal(12,2), varchar(200), datetime(3), timestamp(6), tinyint.
 */
final class RowEvents {
  private static final int ROW_EVENT_VERSION_2_EXTRA = 2;
  private static final int UTF8MB4 = 255;
  private static final int SECONDS = 1_767_225_600;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private RowEvents(int type) {
    little(SECONDS, 4).little(type, 1).little(1, 4).little(0, 4).little(0, 4).little(0, 2);
    little(7, 6).little(1, 2); // id of the table, flags
  }

  /** The event that describes the table, with all metadata. */
  static RawEvent tableMap(String database, String table) {
    RowEvents event = new RowEvents(EventCode.TABLE_MAP);
    event.text(database, 1).little(0, 1).text(table, 1).little(0, 1);
    event.little(8, 1).bytes(8, 3, 15, 246, 15, 18, 17, 1);
    event.little(8, 1).bytes(80, 0, 12, 2, 32, 3, 3, 6);
    event.little(0b0111_1110, 1); // which may be null
    event.little(1, 1).little(1, 1).little(0, 1); // none is unsigned
    event.little(2, 1).little(3, 1).little(0xfc, 1).little(UTF8MB4, 2);
    RowEvents names = new RowEvents(0);
    names.out.reset();
    for (String name :
        new String[] {
          "id", "customer", "state", "total", "note", "created_at", "updated_at", "paid"
        }) {
      names.text(name, 1);
    }
    event.little(4, 1).little(names.out.size(), 1).out.writeBytes(names.out.toByteArray());
    event.little(8, 1).little(1, 1).little(0, 1); // the primary key
    return event.done();
  }

  /** Inserted rows with ids from 0 on. */
  static RawEvent inserts(int rows) {
    RowEvents event = rows(EventCode.WRITE_ROWS).little(0xff, 1);
    for (int id = 0; id < rows; id++) {
      event.row(id, "open", 0);
    }
    return event.done();
  }

  /** Updated rows, of which two columns changed. */
  static RawEvent updates(int rows) {
    RowEvents event = rows(EventCode.UPDATE_ROWS).little(0xff, 1).little(0xff, 1);
    for (int id = 0; id < rows; id++) {
      event.row(id, "open", 0).row(id, "paid", 1);
    }
    return event.done();
  }

  private static RowEvents rows(int type) {
    return new RowEvents(type).little(ROW_EVENT_VERSION_2_EXTRA, 2).little(8, 1);
  }

  private RowEvents row(int id, String state, int later) {
    little(0, 1); // no value is null
    little(id, 8).little(id % 1000, 4).text(state, 1);
    bytes(0x80, 0, 0, 0, 12, 34); // 12.34
    text("a note of a usual length, with ü", 2);
    long day = ((2026L * 13 + 1) << 5 | 1) << 17;
    big(0x80_0000_0000L | day | 12L << 12, 5).big(1230, 2);
    return big(SECONDS + later, 4).big(123_456, 3).little(1, 1);
  }

  private RowEvents text(String text, int lengthBytes) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    little(encoded.length, lengthBytes);
    out.writeBytes(encoded);
    return this;
  }

  private RowEvents bytes(int... values) {
    for (int value : values) {
      out.write(value);
    }
    return this;
  }

  private RowEvents little(long value, int bytes) {
    byte[] all = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    out.write(all, 0, bytes);
    return this;
  }

  private RowEvents big(long value, int bytes) {
    byte[] all = ByteBuffer.allocate(8).putLong(value).array();
    out.write(all, 8 - bytes, bytes);
    return this;
  }

  private RawEvent done() {
    return new RawEvent(out.toByteArray());
  }
}
