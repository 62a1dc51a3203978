package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one rows event, decoded one at a time. Of an update, a column whose bytes did not
 * change is decoded once and shared by both images. Used by one thread.
 */
final class RowCursor {
  private static final int VERSION_2 = 30;

  private static final Value MASK = Value.of("***");

  private final TableMap table;
  private final List<Column> columns;
  private final ByteReader in;
  private final boolean hasBefore;
  private final boolean hasAfter;
  private int index = -1;
  private int start;
  private Value[] before = new Value[0];
  private Value[] after = new Value[0];
  private boolean[] changed = new boolean[0];
  private int[] starts = new int[0];
  private int[] ends = new int[0];

  RowCursor(RawEvent event, TableMap table) {
    this.table = table;
    this.columns = table.columns();
    int type = event.type();
    hasBefore = !EventCode.isWrite(type);
    hasAfter = !EventCode.isDelete(type);
    in = event.body();
    skipHeader(in, type);
    int count = in.packed();
    if (count != columns.size()) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "A row of %s has %s columns where its table map has %s.",
              table.qualified(),
              count,
              columns.size()));
    }
    checkWhole(count);
    starts = new int[count];
    ends = new int[count];
    if (hasBefore && hasAfter) {
      checkWhole(count);
      changed = new boolean[count];
    }
  }

  /** Where the images begin, behind the maps of present columns. */
  static int imagesStart(RawEvent event) {
    ByteReader in = event.body();
    int type =
        EventCode.isCompressedRows(event.type()) ? EventCode.plainRows(event.type()) : event.type();
    skipHeader(in, type);
    int bitmap = (in.packed() + 7) / 8;
    return in.position + (EventCode.isUpdate(type) ? 2 * bitmap : bitmap);
  }

  private static void skipHeader(ByteReader in, int type) {
    in.position += 8;
    if (type >= VERSION_2) {
      int extra = in.u16(); // counts its own two bytes
      in.position += extra - 2;
    }
  }

  private void checkWhole(int count) {
    for (int i = 0; i < count; i++) {
      if ((in.bytes[in.position + i / 8] & 1 << i % 8) == 0) {
        throw new SourceException(
            String.format(
                Locale.ROOT,
                "A row of %s was logged without column '%s'. Set binlog_row_image=FULL in every session"
                    + " that writes captured tables.",
                table.qualified(),
                columns.get(i).name()));
      }
    }
    in.position += (count + 7) / 8;
  }

  /** Whether there is another row. */
  boolean hasMore() {
    return in.hasMore();
  }

  /** Moves to the next row; false when there is none. */
  boolean next() {
    if (!in.hasMore()) {
      return false;
    }
    index++;
    start = in.position;
    if (hasBefore) {
      before = image(null);
    }
    if (hasAfter) {
      after = image(hasBefore ? before : null);
    }
    return true;
  }

  /** Number of the row in its event, from 0. */
  int index() {
    return index;
  }

  /** Where the row begins in its event, in bytes. */
  int start() {
    return start;
  }

  boolean isInsert() {
    return !hasBefore;
  }

  boolean isDelete() {
    return !hasAfter;
  }

  /** State before; not for inserts. The caller may keep the array. */
  Value[] before() {
    return before;
  }

  /** State after; not for deletes. The caller may keep the array. */
  Value[] after() {
    return after;
  }

  /** Of an update: whether a column changed. */
  boolean changed(int column) {
    return changed[column];
  }

  private Value[] image(Value @Nullable [] earlier) {
    int count = columns.size();
    int nulls = in.position;
    in.position += (count + 7) / 8;
    Value[] values = new Value[count];
    for (int i = 0; i < count; i++) {
      boolean isNull = (in.bytes[nulls + i / 8] & 1 << i % 8) != 0;
      if (earlier == null) {
        ends[i] = -1;
        values[i] = isNull ? Value.NULL : read(i);
      } else {
        boolean wasNull = ends[i] < 0;
        boolean same = isNull || wasNull ? isNull && wasNull : same(i);
        values[i] = isNull ? Value.NULL : same ? earlier[i] : read(i);
        changed[i] = !same;
      }
    }
    return values;
  }

  private Value read(int i) {
    int from = in.position;
    Value value;
    try {
      value = value(columns.get(i));
    } catch (RuntimeException e) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Column '%s' of %s cannot be read: %s",
              columns.get(i).name(),
              table.qualified(),
              e.getMessage()),
          e);
    }
    starts[i] = from;
    ends[i] = in.position;
    return value;
  }

  private Value value(Column column) {
    return switch (column.use()) {
      case VALUE -> MySqlValues.read(column, in);
      case HASH -> Objects.requireNonNull(table.hash(), "hash").of(MySqlValues.read(column, in));
      case MASK -> {
        MySqlValues.skip(column, in);
        yield MASK;
      }
      case NONE -> {
        MySqlValues.skip(column, in);
        yield Value.NULL;
      }
    };
  }

  /**
   * Whether the value here has the bytes of the earlier image's. A value's length follows from its
   * own first bytes, so equal bytes are the whole value.
   */
  private boolean same(int i) {
    int length = ends[i] - starts[i];
    int at = in.position;
    if (at + length > in.end
        || !Arrays.equals(in.bytes, starts[i], ends[i], in.bytes, at, at + length)) {
      return false;
    }
    in.position = at + length;
    return true;
  }
}
