package io.millrace.cdc.mysql;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The optional part of a table map, {@code binlog_row_metadata=FULL}, as lists over kinds of
 * columns; {@link TableMapParser} lays them over the columns. Not thread-safe.
 */
final class TableMetadata {
  private static final int SIGNEDNESS = 1;
  private static final int DEFAULT_CHARSET = 2;
  private static final int COLUMN_CHARSET = 3;
  private static final int COLUMN_NAME = 4;
  private static final int SET_LABELS = 5;
  private static final int ENUM_LABELS = 6;
  private static final int PRIMARY_KEY = 8;
  private static final int PRIMARY_KEY_WITH_PREFIX = 9;
  private static final int LABEL_DEFAULT_CHARSET = 10;
  private static final int LABEL_COLUMN_CHARSET = 11;

  /** One bit per numeric column, the first in the highest bit. */
  byte[] unsigned = new byte[0];

  /** Collation ids of the text columns and of the enum and set columns. */
  final Charsets text = new Charsets();

  final Charsets labels = new Charsets();
  final List<String> names = new ArrayList<>();
  final List<List<byte[]>> sets = new ArrayList<>();
  final List<List<byte[]>> enums = new ArrayList<>();
  final List<Integer> key = new ArrayList<>();

  /** A default with exceptions, or one per column; columns are counted within their kind. */
  static final class Charsets {
    private final List<Integer> list = new ArrayList<>();
    private final List<int[]> exceptions = new ArrayList<>();
    private @Nullable Integer fallback;

    /** The collation of a column, or -1 where the log does not say. */
    int of(int index) {
      for (int[] exception : exceptions) {
        if (exception[0] == index) {
          return exception[1];
        }
      }
      if (fallback != null) {
        return fallback;
      }
      return index < list.size() ? list.get(index) : -1;
    }

    /** One more, of the next column of its kind. */
    void add(int collation) {
      list.add(collation);
    }

    private void readDefault(ByteReader in, int end) {
      fallback = in.packed();
      while (in.position < end) {
        exceptions.add(new int[] {in.packed(), in.packed()});
      }
    }

    private void readList(ByteReader in, int end) {
      while (in.position < end) {
        list.add(in.packed());
      }
    }
  }

  static TableMetadata read(ByteReader in) {
    TableMetadata metadata = new TableMetadata();
    while (in.hasMore()) {
      int type = in.u8();
      int length = in.packed();
      int end = in.position + length;
      metadata.field(type, in, end);
      in.position = end;
    }
    return metadata;
  }

  private void field(int type, ByteReader in, int end) {
    switch (type) {
      case SIGNEDNESS -> unsigned = in.copy(end - in.position);
      case DEFAULT_CHARSET -> text.readDefault(in, end);
      case COLUMN_CHARSET -> text.readList(in, end);
      case LABEL_DEFAULT_CHARSET -> labels.readDefault(in, end);
      case LABEL_COLUMN_CHARSET -> labels.readList(in, end);
      case SET_LABELS -> readLabels(sets, in, end);
      case ENUM_LABELS -> readLabels(enums, in, end);
      case COLUMN_NAME -> {
        while (in.position < end) {
          names.add(in.utf8(in.packed()));
        }
      }
      case PRIMARY_KEY -> {
        while (in.position < end) {
          key.add(in.packed());
        }
      }
      case PRIMARY_KEY_WITH_PREFIX -> {
        while (in.position < end) {
          key.add(in.packed());
          in.packed(); // the prefix's length; the whole column names the row just as well
        }
      }
      default -> {
        // visibility, geometry types, vector dimensions: nothing that a value depends on
      }
    }
  }

  private static void readLabels(List<List<byte[]>> lists, ByteReader in, int end) {
    while (in.position < end) {
      int count = in.packed();
      List<byte[]> list = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        list.add(in.copy(in.packed()));
      }
      lists.add(list);
    }
  }
}
