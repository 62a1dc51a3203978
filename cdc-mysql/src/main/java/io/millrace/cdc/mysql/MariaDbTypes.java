package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.Value;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** What only MariaDB has, and its log does not tell apart from other types. */
final class MariaDbTypes {
  private static final int ZLIB = 8;
  private static final int WORDS = 8;
  private static final int ROW_END_DIGITS = 6;

  /** The ends of time of 32-bit timestamps, signed and unsigned. */
  private static final List<Long> NEVER = List.of(0x7fffffffL, 0xffffffffL);

  private static final int LAST_MICROS = 999_999_000;

  private MariaDbTypes() {}

  /**
   * UUID, INET4 and INET6 look like BINARY: the catalog tells.
   *
   * @throws SourceException where a column may be either, and the catalog does not know it any more
   */
  static List<Column> refine(
      String database, String table, List<Column> columns, TableMapParser.Lookup lookup) {
    if (columns.stream().noneMatch(MariaDbTypes::isAmbiguous)) {
      return columns;
    }
    Map<String, TableMapParser.Declared> declared = lookup.declared(database, table);
    List<Column> refined = new ArrayList<>(columns.size());
    for (Column column : columns) {
      refined.add(
          isAmbiguous(column)
              ? refine(database + "." + table, column, declared.get(column.name()))
              : column);
    }
    return List.copyOf(refined);
  }

  private static boolean isAmbiguous(Column column) {
    return column.use() != Column.Use.NONE
        && column.type() == ColumnType.STRING
        && column.text() == null
        && (column.length() == 4 || column.length() == 16);
  }

  private static Column refine(
      String table, Column column, TableMapParser.@org.jspecify.annotations.Nullable Declared now) {
    if (now == null) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Column '%s' of %s is not in the table any more, and the log does not say whether it was"
                  + " BINARY(%s) or %s: leave it out with exclude(\"%s*\"); a name without * must be a column's.",
              column.name(),
              table,
              column.length(),
              column.length() == 4 ? "INET4" : "UUID or INET6",
              column.name()));
    }
    return switch (now.type()) {
      case "uuid" -> column.as(ColumnType.UUID);
      case "inet4" -> column.as(ColumnType.INET4);
      case "inet6" -> column.as(ColumnType.INET6);
      default -> column;
    };
  }

  /**
   * The column that says until when a row of a system-versioned table is valid, which the server
   * appends to its key; -1 where there is none.
   */
  static int rowEnd(
      String database,
      String table,
      List<Column> columns,
      List<Integer> key,
      TableMapParser.Lookup lookup) {
    if (key.size() < 2) {
      return -1;
    }
    int last = key.get(key.size() - 1);
    Column column = columns.get(last);
    boolean time =
        (column.type() == ColumnType.TIMESTAMP && column.length() == ROW_END_DIGITS)
            || (column.type() == ColumnType.LONGLONG && column.unsigned());
    if (!time) {
      return -1;
    }
    boolean implicit =
        column.name().equals("row_end")
            && columns.stream()
                .anyMatch(c -> c.name().equals("row_start") && c.type() == column.type());
    if (implicit) {
      return last;
    }
    TableMapParser.Declared declared = lookup.declared(database, table).get(column.name());
    return declared != null && declared.generation().equalsIgnoreCase("ROW END") ? last : -1;
  }

  /** Whether a row with this end is in force: not one of the past. */
  static boolean isCurrent(Value rowEnd) {
    if (rowEnd instanceof Value.TimestampValue time) {
      return time.nano() == LAST_MICROS && NEVER.contains(time.epochSecond());
    }
    return rowEnd instanceof Value.UInt64Value number && number.value() == -1;
  }

  /** UUIDs of versions 1 to 5 are kept with their parts turned round, so that they sort by time. */
  static Value uuid(byte[] stored) {
    ByteBuffer bytes = ByteBuffer.wrap(stored);
    boolean turned = stored[8] > 0 && stored[8] < 0x60 && (stored[6] & 0x80) != 0;
    if (!turned) {
      return Value.of(new UUID(bytes.getLong(0), bytes.getLong(8)));
    }
    long high =
        (bytes.getInt(12) & 0xffffffffL) << 32
            | (bytes.getShort(10) & 0xffffL) << 16
            | (bytes.getShort(8) & 0xffffL);
    long low = (bytes.getShort(6) & 0xffffL) << 48 | bytes.getLong(0) >>> 16;
    return Value.of(new UUID(high, low));
  }

  /** {@code 1.2.3.4}. */
  static Value inet4(byte[] stored) {
    return Value.of(dotted(stored, 0));
  }

  private static String dotted(byte[] bytes, int at) {
    return (bytes[at] & 0xff)
        + "."
        + (bytes[at + 1] & 0xff)
        + "."
        + (bytes[at + 2] & 0xff)
        + "."
        + (bytes[at + 3] & 0xff);
  }

  /** As the server prints it: the first longest run of zeros left out. */
  static Value inet6(byte[] stored) {
    int[] words = new int[WORDS];
    for (int i = 0; i < WORDS; i++) {
      words[i] = (stored[2 * i] & 0xff) << 8 | (stored[2 * i + 1] & 0xff);
    }
    int gap = -1;
    int length = 0;
    for (int i = 0; i < WORDS; i++) {
      int end = i;
      while (end < WORDS && words[end] == 0) {
        end++;
      }
      if (end - i > length) {
        gap = i;
        length = end - i;
      }
      i = Math.max(i, end - 1);
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < WORDS; i++) {
      if (i == gap) {
        text.append(i == 0 ? "::" : ":");
        i += length - 1;
      } else if (i == 6 && gap == 0 && (length == 6 || (length == 5 && words[5] == 0xffff))) {
        return Value.of(text.append(dotted(stored, 12)).toString());
      } else {
        text.append(Integer.toHexString(words[i]));
        if (i < WORDS - 1) {
          text.append(':');
        }
      }
    }
    return Value.of(text.toString());
  }

  /**
   * What a COMPRESSED column holds: a byte with the method, the length's own length, and whether
   * zlib's frame is left out; the length; the rest.
   */
  static byte[] uncompressed(byte[] bytes, int from, int to) {
    if (from == to) {
      return new byte[0];
    }
    int head = bytes[from] & 0xff;
    if (head >> 4 == 0) {
      return Arrays.copyOfRange(bytes, from + 1, to);
    }
    if (head >> 4 != ZLIB) {
      throw new SourceException("it is compressed in a way that is not known, " + (head >> 4));
    }
    ByteReader in = new ByteReader(bytes, from + 1, to);
    byte[] plain = new byte[Math.toIntExact(in.bigEndian(head & 0x07))];
    Inflater inflater = new Inflater((head & 0x08) != 0);
    try {
      inflater.setInput(bytes, in.position, in.remaining());
      int at = 0;
      while (at < plain.length) {
        int more = inflater.inflate(plain, at, plain.length - at);
        if (more == 0) {
          throw new SourceException("what it holds is cut off");
        }
        at += more;
      }
      return plain;
    } catch (DataFormatException e) {
      throw new SourceException("what it holds is damaged: " + e.getMessage(), e);
    } finally {
      inflater.end();
    }
  }
}
