package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.Value;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one rows event, decoded one at a time. Of an update, a column whose bytes did not
 * change is decoded once and shared by both images. Used by one thread.
 */
final class RowCursor {
  private static final int VERSION_2 = 30;

  /** Stands for a column that is not in an image: whoever wrote it, left it out of the log. */
  static final Value MISSING = new Value.RawValue("mysql:missing", "");

  private static final int WAS_NULL = -1;
  private static final int WAS_MISSING = -2;

  private final TableMap table;
  private final List<Column> columns;
  private final ValueReader[] readers;
  private final ByteReader in;
  private final int eventStart;
  private final boolean hasBefore;
  private final boolean hasAfter;
  private int index = -1;
  private int start;
  private Value[] before = new Value[0];
  private Value[] after = new Value[0];
  private boolean[] changed = new boolean[0];

  /** Which columns the images do not have; null where they have all. */
  private @Nullable BitSet missingBefore;

  private @Nullable BitSet missingAfter;
  private int[] starts = new int[0];
  private int[] ends = new int[0];

  RowCursor(RawEvent event, TableMap table) {
    this.table = table;
    this.columns = table.columns();
    this.readers = table.readers();
    this.eventStart = event.start();
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
    if (hasBefore) {
      missingBefore = missing(count);
    }
    if (hasAfter) {
      missingAfter = missing(count);
    }
    if (hasBefore && hasAfter) {
      changed = new boolean[count];
      starts = new int[count];
      ends = new int[count];
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

  /** A session with another binlog_row_image leaves out what it thinks replicas do not need. */
  private @Nullable BitSet missing(int count) {
    if (hasAll(count)) {
      in.position += (count + 7) / 8;
      return null;
    }
    BitSet missing = null;
    for (int i = 0; i < count; i++) {
      if ((in.bytes[in.position + i / 8] & 1 << i % 8) == 0) {
        if (!table.mayBePartial()) {
          throw new SourceException(
              String.format(
                  Locale.ROOT,
                  "A row of %s was logged without column '%s'. Set binlog_row_image=FULL in every"
                      + " session that writes it.",
                  table.qualified(),
                  columns.get(i).name()));
        }
        missing = missing == null ? new BitSet(count) : missing;
        missing.set(i);
      }
    }
    in.position += (count + 7) / 8;
    return missing;
  }

  private boolean hasAll(int count) {
    int whole = count / 8;
    for (int i = 0; i < whole; i++) {
      if (in.bytes[in.position + i] != -1) {
        return false;
      }
    }
    int rest = (1 << count % 8) - 1;
    return rest == 0 || (in.bytes[in.position + whole] & rest) == rest;
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
    start = in.position - eventStart;
    if (!hasBefore) {
      after = missingAfter == null ? image() : image(null, missingAfter);
    } else if (!hasAfter) {
      before = missingBefore == null ? image() : image(null, missingBefore);
    } else {
      before = image(null, missingBefore);
      after = image(before, missingAfter);
    }
    if (in.position > in.end) {
      // What lies behind it are other events, which would pass for values.
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "A row of %s ends %s bytes behind its event, which is damaged.",
              table.qualified(),
              in.position - in.end));
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

  /** How many bytes the row has in its event. */
  int size() {
    return in.position - eventStart - start;
  }

  /** Whether the images have all columns. */
  boolean isWhole() {
    return missingBefore == null && missingAfter == null;
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

  /** Of an update: per column whether it changed; written anew with the next row. */
  boolean[] changed() {
    return changed;
  }

  /** Of an update: whether a column changed. */
  boolean changed(int column) {
    return changed[column];
  }

  /** The only image of its row, with all columns. */
  private Value[] image() {
    int count = readers.length;
    int nulls = in.position;
    in.position += (count + 7) / 8;
    Value[] values = new Value[count];
    for (int i = 0; i < count; i++) {
      boolean isNull = (in.bytes[nulls + (i >> 3)] & 1 << (i & 7)) != 0;
      values[i] = isNull ? Value.NULL : read(i);
    }
    return values;
  }

  /**
   * One image. What only the earlier one has did not change; what only the later one has did, as
   * far as anybody knows.
   */
  private Value[] image(Value @Nullable [] earlier, @Nullable BitSet missing) {
    int count = columns.size();
    int nulls = in.position;
    int present = missing == null ? count : count - missing.cardinality();
    in.position += (present + 7) / 8;
    Value[] values = new Value[count];
    int bit = 0;
    for (int i = 0; i < count; i++) {
      if (missing != null && missing.get(i)) {
        values[i] = earlier == null ? MISSING : earlier[i];
        if (earlier != null) {
          changed[i] = false;
        } else if (hasBefore && hasAfter) {
          ends[i] = WAS_MISSING;
        }
        continue;
      }
      boolean isNull = (in.bytes[nulls + bit / 8] & 1 << bit % 8) != 0;
      bit++;
      if (earlier == null) {
        int from = in.position;
        values[i] = isNull ? Value.NULL : read(i);
        if (hasBefore && hasAfter) {
          starts[i] = from;
          ends[i] = isNull ? WAS_NULL : in.position;
        }
      } else {
        boolean same = ends[i] < 0 ? isNull && ends[i] == WAS_NULL : !isNull && same(i);
        values[i] = isNull ? Value.NULL : same ? earlier[i] : read(i);
        changed[i] = !same;
      }
    }
    return values;
  }

  private Value read(int i) {
    try {
      return readers[i].read(in);
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
