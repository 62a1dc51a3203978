package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.mysql.MySqlCharsets.TextDecoder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Makes {@link TableMap}s from table map events. Used by one thread. */
final class TableMapParser {
  static final String LEDGER = "millrace_ledger";

  private static final int BINARY = 63;
  private static final Set<String> BINARY_LOOKALIKES = Set.of("uuid", "inet4", "inet6");
  private static final Set<Integer> LOOKALIKE_LENGTHS = Set.of(4, 16);

  /** What the log does not say. */
  interface Lookup {
    /** The character set of a collation id, null where the server has none. */
    @Nullable String charset(int collation);

    /** The declared types of a table's columns, lower case; MariaDB only. */
    Map<String, String> declaredTypes(String database, String table);
  }

  private final Flavour flavour;
  private final Map<String, CapturedTable> captured = new HashMap<>();
  private final Lookup lookup;
  private final Map<Integer, TextDecoder> decoders = new HashMap<>();

  TableMapParser(Flavour flavour, List<CapturedTable> tables, Lookup lookup) {
    this.flavour = flavour;
    this.lookup = lookup;
    tables.forEach(table -> captured.put(table.qualified(), table));
  }

  /** Parses the event's body, which starts with table id and flags. */
  TableMap parse(RawEvent event) {
    ByteReader in = event.body();
    in.position += 8;
    String database = in.utf8(in.u8());
    in.position++;
    String table = in.utf8(in.u8());
    in.position++;
    CapturedTable capture = captured.get(database + "." + table);
    boolean ledger = table.equals(LEDGER);
    boolean heartbeat = table.equals(HeartbeatTable.NAME);
    if (capture == null && !ledger && !heartbeat) {
      return TableMap.other(database, table);
    }
    int count = in.packed();
    byte[] types = in.copy(count);
    int metadataEnd = in.packed();
    metadataEnd += in.position;
    int[] metas = metas(in, types);
    in.position = metadataEnd + (count + 7) / 8;
    TableMetadata metadata = TableMetadata.read(in);
    if (metadata.names.size() != count) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Table %s.%s was logged without its columns' names. Set binlog_row_metadata=FULL: SET"
                  + " GLOBAL binlog_row_metadata=FULL, and reconnect its writers.",
              database,
              table));
    }
    List<Column> columns = columns(database + "." + table, types, metas, metadata);
    refuseLookalikes(database, table, columns);
    int[] key = capture == null ? new int[0] : key(capture, metadata);
    List<String> fields = fields(capture, metadata.names);
    int[] shown = shown(capture, metadata.names, key);
    return new TableMap(
        database,
        table,
        capture,
        ledger,
        heartbeat,
        columns,
        names(database + "." + table, fields, shown),
        shown,
        key,
        keyNames(fields, key),
        fingerprint(event));
  }

  private static int[] metas(ByteReader in, byte[] types) {
    int[] metas = new int[types.length];
    for (int i = 0; i < types.length; i++) {
      int length = ColumnType.metadataLength(types[i] & 0xff);
      metas[i] = length == 0 ? 0 : length == 1 ? in.u8() : in.u16();
    }
    return metas;
  }

  private List<Column> columns(String table, byte[] types, int[] metas, TableMetadata metadata) {
    List<Column> columns = new ArrayList<>(types.length);
    int numeric = 0;
    int text = 0;
    int label = 0;
    int set = 0;
    int enumeration = 0;
    for (int i = 0; i < types.length; i++) {
      String name = metadata.names.get(i);
      int type = types[i] & 0xff;
      int meta = metas[i];
      int length = meta;
      if (type == ColumnType.STRING) {
        int first = meta & 0xff;
        int second = meta >> 8;
        // A long CHAR keeps two bits of its length in the type's byte.
        boolean longer = (first & 0x30) != 0x30;
        type = longer ? first | 0x30 : first;
        length = longer ? second | ((first & 0x30) ^ 0x30) << 4 : second;
      }
      if (!MySqlValues.isSupported(type)) {
        throw new SourceException(
            String.format(
                Locale.ROOT,
                "Column '%s' of %s is %s, which is not supported: do not capture the table, or change"
                    + " the column's type.",
                name,
                table,
                ColumnType.name(type)));
      }
      columns.add(
          switch (type) {
            case ColumnType.ENUM ->
                labels(
                    table,
                    name,
                    type,
                    length,
                    metadata.enums.get(enumeration++),
                    metadata,
                    label++);
            case ColumnType.SET ->
                labels(table, name, type, length, metadata.sets.get(set++), metadata, label++);
            case ColumnType.DECIMAL ->
                column(name, type, meta & 0xff, meta >> 8, bit(metadata.unsigned, numeric));
            case ColumnType.BIT -> column(name, type, (meta & 0xff) + (meta >> 8) * 8, 0, true);
            default ->
                ColumnType.hasCharset(type, flavour)
                    ? text(table, name, type, length, metadata.text.of(text))
                    : column(name, type, length, 0, bit(metadata.unsigned, numeric));
          });
      numeric += ColumnType.isNumeric(type) ? 1 : 0;
      text += ColumnType.hasCharset(type, flavour) ? 1 : 0;
    }
    return List.copyOf(columns);
  }

  private static Column column(String name, int type, int length, int scale, boolean unsigned) {
    return new Column(name, type, length, scale, unsigned, null, List.of());
  }

  private Column text(String table, String name, int type, int length, int collation) {
    return new Column(name, type, length, 0, false, decoder(table, name, collation), List.of());
  }

  private Column labels(
      String table,
      String name,
      int type,
      int length,
      List<byte[]> bytes,
      TableMetadata metadata,
      int index) {
    TextDecoder decoder = decoder(table, name, metadata.labels.of(index));
    List<String> labels = new ArrayList<>(bytes.size());
    for (byte[] label : bytes) {
      labels.add(
          decoder == null
              ? new String(label, java.nio.charset.StandardCharsets.ISO_8859_1)
              : decoder.decode(label, 0, label.length));
    }
    return new Column(name, type, length, 0, false, null, List.copyOf(labels));
  }

  private static boolean bit(byte[] bits, int index) {
    return index / 8 < bits.length && (bits[index / 8] & 0x80 >> index % 8) != 0;
  }

  private @Nullable TextDecoder decoder(String table, String column, int collation) {
    if (collation == BINARY) {
      return null;
    }
    TextDecoder known = decoders.get(collation);
    if (known != null) {
      return known;
    }
    String charset = collation < 0 ? null : lookup.charset(collation);
    if (charset == null) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Column '%s' of %s has collation %s, which this server does not list: the log does not"
                  + " say how to read its text.",
              column,
              table,
              collation));
    }
    try {
      TextDecoder decoder = MySqlCharsets.decoder(charset);
      decoders.put(collation, decoder);
      return decoder;
    } catch (SourceException e) {
      throw new SourceException("Column '" + column + "' of " + table + ": " + e.getMessage(), e);
    }
  }

  /** To the log UUID and INET6 are BINARY(16); only the server's catalog tells them apart. */
  private void refuseLookalikes(String database, String table, List<Column> columns) {
    if (flavour != Flavour.MARIADB
        || columns.stream()
            .noneMatch(
                c ->
                    c.type() == ColumnType.STRING
                        && c.text() == null
                        && LOOKALIKE_LENGTHS.contains(c.length()))) {
      return;
    }
    Map<String, String> declared = lookup.declaredTypes(database, table);
    for (Column column : columns) {
      String type = declared.getOrDefault(column.name(), "");
      if (BINARY_LOOKALIKES.contains(type)) {
        throw new SourceException(
            String.format(
                Locale.ROOT,
                "Column '%s' of %s.%s is %s, which is not supported: do not capture the table, or use"
                    + " char(36) or binary(16).",
                column.name(),
                database,
                table,
                type.toUpperCase(Locale.ROOT)));
      }
    }
  }

  private static int[] key(CapturedTable capture, TableMetadata metadata) {
    if (capture.key().isEmpty()) {
      if (metadata.key.isEmpty()) {
        throw new SourceException(
            String.format(
                Locale.ROOT,
                "Table %s has no primary key: add one, or name unique columns with key(…).",
                capture.qualified()));
      }
      return metadata.key.stream().mapToInt(Integer::intValue).toArray();
    }
    int[] key = new int[capture.key().size()];
    for (int i = 0; i < key.length; i++) {
      key[i] = metadata.names.indexOf(capture.key().get(i));
      if (key[i] < 0) {
        throw new SourceException(
            String.format(
                Locale.ROOT,
                "Table %s has no column '%s', which key(…) names; it has %s.",
                capture.qualified(),
                capture.key().get(i),
                metadata.names));
      }
    }
    return key;
  }

  private static List<String> fields(@Nullable CapturedTable capture, List<String> columns) {
    return capture == null ? columns : columns.stream().map(capture::field).toList();
  }

  private static FieldNames names(String table, List<String> fields, int[] shown) {
    List<String> names = new ArrayList<>(shown.length);
    for (int column : shown) {
      if (names.contains(fields.get(column))) {
        throw new SourceException(
            "Two columns of %s fill the field '%s'. Rename one of them, or exclude it."
                .formatted(table, fields.get(column)));
      }
      names.add(fields.get(column));
    }
    return FieldNames.of(names);
  }

  private static int[] shown(@Nullable CapturedTable capture, List<String> columns, int[] key) {
    int[] all = IntStream.range(0, columns.size()).toArray();
    if (capture == null) {
      return all;
    }
    for (int column : key) {
      if (capture.excluded().contains(columns.get(column))) {
        throw new SourceException(
            "Column '%s' is part of the key of %s but left out of its events. Take it out of exclude(…)."
                .formatted(columns.get(column), capture.qualified()));
      }
    }
    return IntStream.of(all).filter(i -> !capture.excluded().contains(columns.get(i))).toArray();
  }

  private static FieldNames keyNames(List<String> names, int[] key) {
    List<String> keyNames = new ArrayList<>(key.length);
    for (int column : key) {
      keyNames.add(names.get(column));
    }
    return FieldNames.of(keyNames);
  }

  /** Of everything but table id and flags, which change with every restart. */
  private static String fingerprint(RawEvent event) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      int from = RawEvent.HEADER + 8;
      digest.update(event.bytes(), from, event.end() - from);
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
