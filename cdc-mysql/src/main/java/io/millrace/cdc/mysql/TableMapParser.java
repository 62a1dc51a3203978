package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.FieldNames;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.mysql.MySqlCharsets.TextDecoder;
import io.millrace.cdc.source.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Makes {@link TableMap}s from table map events. Used by one thread. */
final class TableMapParser {
  static final String LEDGER = "millrace_ledger";

  private static final int BINARY = 63;
  private static final Value MASK = Value.of("***");

  private static final List<String> SEQUENCE =
      List.of(
          "next_not_cached_value",
          "minimum_value",
          "maximum_value",
          "start_value",
          "increment",
          "cache_size",
          "cycle_option",
          "cycle_count");

  /** What the log does not say. */
  interface Lookup {
    /** The character set of a collation id, null where the server has none. */
    @Nullable String charset(int collation);

    /** The columns of a table as they are now, by name. */
    Map<String, Declared> declared(String database, String table);
  }

  /**
   * A column in the server's catalog.
   *
   * @param type lower case, without lengths
   * @param generation the expression that makes its values; empty for an ordinary column
   */
  record Declared(String type, String generation) {}

  private final Flavour flavour;
  private final CaptureList captured;

  /** By entity, the table that it stands for. */
  private final Map<String, String> owners = new HashMap<>();

  private final Lookup lookup;
  private final @Nullable Layouts layouts;
  private final Map<Integer, TextDecoder> decoders = new HashMap<>();

  /**
   * A parser.
   *
   * @param layouts tells columns that the log does not name; null where such tables are refused
   */
  TableMapParser(Flavour flavour, CaptureList captured, Lookup lookup, @Nullable Layouts layouts) {
    this.layouts = layouts;
    this.flavour = flavour;
    this.lookup = lookup;
    this.captured = captured;
    captured.named().forEach(table -> owners.put(table.entity(), table.qualified()));
  }

  /** Parses the event's body, which starts with table id and flags. */
  TableMap parse(RawEvent event) {
    ByteReader in = event.body();
    in.position += 8;
    String database = in.utf8(in.u8());
    in.position++;
    String table = in.utf8(in.u8());
    in.position++;
    CapturedTable capture = captured.find(database, table);
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
    boolean named = metadata.names.size() == count;
    if (!named && layouts != null) {
      metadata =
          LayoutCheck.complete(
              flavour, database + "." + table, types, metas, metadata, layouts.of(database, table));
    } else if (!named) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Table %s.%s was logged without its columns' names. Set binlog_row_metadata=FULL: SET"
                  + " GLOBAL binlog_row_metadata=FULL, and reconnect its writers; or call"
                  + " acceptMinimalMetadata() on the source.",
              database,
              table));
    }
    if (capture != null && isSequence(metadata.names)) {
      return TableMap.other(database, table);
    }
    if (capture != null) {
      own(capture);
    }
    if (capture == null) {
      return own(database, table, columns(database + "." + table, types, metas, metadata, null));
    }
    List<Column> columns = columns(database + "." + table, types, metas, metadata, capture);
    if (flavour == Flavour.MARIADB) {
      columns = MariaDbTypes.refine(database, table, columns, lookup);
    }
    int rowEnd =
        flavour == Flavour.MARIADB
            ? MariaDbTypes.rowEnd(database, table, columns, metadata.key, lookup)
            : -1;
    if (rowEnd >= 0) {
      columns = new ArrayList<>(columns);
      columns.set(rowEnd, columns.get(rowEnd).read());
    }
    int[] key = key(capture, metadata, rowEnd);
    List<String> fields = metadata.names.stream().map(capture::field).toList();
    int[] shown = shown(capture, columns, key, rowEnd);
    return new TableMap(
        database,
        table,
        capture,
        false,
        false,
        columns,
        readers(columns, hash(capture)),
        names(database + "." + table, fields, shown),
        shown,
        key,
        keyNames(fields, key),
        rowEnd,
        new ChangedFields(capture, columns, shown),
        fingerprint(event, named ? List.of() : metadata.names));
  }

  /** A table of another name that gives the same entity would mix up ids. */
  private void own(CapturedTable table) {
    String other = owners.putIfAbsent(table.entity(), table.qualified());
    if (other != null && !other.equals(table.qualified())) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Tables %s and %s are both entity '%s': give the pattern a rule that tells them apart,"
                  + " entity((database, table) -> …), or take one out with exclude(…).",
              other,
              table.qualified(),
              table.entity()));
    }
  }

  /** Whether these are the columns of a sequence, which MariaDB logs like a table. */
  private boolean isSequence(List<String> names) {
    return flavour == Flavour.MARIADB && names.equals(SEQUENCE);
  }

  private static @Nullable ColumnHash hash(CapturedTable capture) {
    Secret secret = capture.columns().hashSecret();
    return secret == null ? null : new ColumnHash(secret);
  }

  private static ValueReader[] readers(List<Column> columns, @Nullable ColumnHash hash) {
    ValueReader[] readers = new ValueReader[columns.size()];
    for (int i = 0; i < readers.length; i++) {
      readers[i] = reader(columns.get(i), hash);
    }
    return readers;
  }

  private static ValueReader reader(Column column, @Nullable ColumnHash hash) {
    return switch (column.use()) {
      case VALUE -> MySqlValues.reader(column);
      case HASH -> {
        ColumnHash hashes = Objects.requireNonNull(hash, "hash");
        ValueReader values = MySqlValues.reader(column);
        yield in -> hashes.of(values.read(in));
      }
      case MASK -> in -> passedOver(column, in, MASK);
      case NONE -> in -> passedOver(column, in, Value.NULL);
    };
  }

  private static Value passedOver(Column column, ByteReader in, Value instead) {
    MySqlValues.skip(column, in);
    return instead;
  }

  /** One of ours: nothing but its columns matters. */
  private static TableMap own(String database, String table, List<Column> columns) {
    List<String> names = columns.stream().map(Column::name).toList();
    return new TableMap(
        database,
        table,
        null,
        table.equals(LEDGER),
        table.equals(HeartbeatTable.NAME),
        columns,
        readers(columns, null),
        FieldNames.of(names),
        IntStream.range(0, names.size()).toArray(),
        new int[0],
        FieldNames.of(),
        -1,
        null,
        "");
  }

  private static int[] metas(ByteReader in, byte[] types) {
    int[] metas = new int[types.length];
    for (int i = 0; i < types.length; i++) {
      int length = ColumnType.metadataLength(types[i] & 0xff);
      metas[i] = length == 0 ? 0 : length == 1 ? in.u8() : in.u16();
    }
    return metas;
  }

  private List<Column> columns(
      String table,
      byte[] types,
      int[] metas,
      TableMetadata metadata,
      @Nullable CapturedTable capture) {
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
      Column.Use use = capture == null ? Column.Use.VALUE : capture.use(name);
      if (use != Column.Use.NONE && !MySqlValues.isSupported(type)) {
        throw new SourceException(
            String.format(
                Locale.ROOT,
                "Column '%s' of %s is %s, which is not supported: leave it out with exclude(…), or"
                    + " change its type.",
                name,
                table,
                ColumnType.name(type)));
      }
      columns.add(
          switch (type) {
            case ColumnType.ENUM ->
                labels(
                    new Column(name, type, length, 0, false, null, List.of(), use),
                    metadata.enums.get(enumeration++),
                    table,
                    metadata.labels.of(label++));
            case ColumnType.SET ->
                labels(
                    new Column(name, type, length, 0, false, null, List.of(), use),
                    metadata.sets.get(set++),
                    table,
                    metadata.labels.of(label++));
            case ColumnType.DECIMAL ->
                column(name, type, meta & 0xff, meta >> 8, bit(metadata.unsigned, numeric), use);
            case ColumnType.BIT ->
                column(name, type, (meta & 0xff) + (meta >> 8) * 8, 0, true, use);
            default ->
                ColumnType.hasCharset(type, flavour)
                    ? text(table, name, type, length, metadata.text.of(text), use)
                    : column(name, type, length, 0, bit(metadata.unsigned, numeric), use);
          });
      numeric += ColumnType.isNumeric(type) ? 1 : 0;
      text += ColumnType.hasCharset(type, flavour) ? 1 : 0;
    }
    return List.copyOf(columns);
  }

  private static Column column(
      String name, int type, int length, int scale, boolean unsigned, Column.Use use) {
    return new Column(name, type, length, scale, unsigned, null, List.of(), use);
  }

  private Column text(
      String table, String name, int type, int length, int collation, Column.Use use) {
    // What is not decoded may be in any character set, and GEOMETRY is in none.
    boolean decoded = use != Column.Use.NONE && use != Column.Use.MASK;
    TextDecoder decoder =
        decoded && type != ColumnType.GEOMETRY ? decoder(table, name, collation) : null;
    return new Column(name, type, length, 0, false, decoder, List.of(), use);
  }

  private Column labels(Column column, List<byte[]> bytes, String table, int collation) {
    if (column.use() == Column.Use.NONE || column.use() == Column.Use.MASK) {
      return column;
    }
    TextDecoder decoder = decoder(table, column.name(), collation);
    List<String> labels = new ArrayList<>(bytes.size());
    for (byte[] label : bytes) {
      labels.add(
          decoder == null
              ? new String(label, java.nio.charset.StandardCharsets.ISO_8859_1)
              : decoder.decode(label, 0, label.length));
    }
    return new Column(
        column.name(),
        column.type(),
        column.length(),
        0,
        false,
        null,
        List.copyOf(labels),
        column.use());
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

  private static int[] key(CapturedTable capture, TableMetadata metadata, int rowEnd) {
    if (capture.key().isEmpty()) {
      if (metadata.key.isEmpty()) {
        throw new SourceException(
            String.format(
                Locale.ROOT,
                "Table %s has no primary key: add one, name unique columns with key(…), or leave it out of a"
                    + " pattern with exclude(…).",
                capture.qualified()));
      }
      return metadata.key.stream().mapToInt(Integer::intValue).filter(i -> i != rowEnd).toArray();
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

  private static int[] shown(CapturedTable capture, List<Column> columns, int[] key, int rowEnd) {
    for (int i : key) {
      Column column = columns.get(i);
      if (column.use() != Column.Use.VALUE) {
        throw new SourceException(
            "Column '%s' is part of the key of %s but left out of its events, masked or hashed. A key stands as it is."
                .formatted(column.name(), capture.qualified()));
      }
    }
    return IntStream.range(0, columns.size())
        .filter(i -> columns.get(i).use() != Column.Use.NONE)
        .filter(i -> rowEnd < 0 || (i != rowEnd && !columns.get(i).name().equals("row_start")))
        .toArray();
  }

  private static FieldNames keyNames(List<String> names, int[] key) {
    List<String> keyNames = new ArrayList<>(key.length);
    for (int column : key) {
      keyNames.add(names.get(column));
    }
    return FieldNames.of(keyNames);
  }

  /** Of everything but table id and flags, which change with every restart. */
  private static String fingerprint(RawEvent event, List<String> unlogged) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      int from = event.start() + RawEvent.HEADER + 8;
      digest.update(event.bytes(), from, event.end() - from);
      digest.update(String.join("\n", unlogged).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
