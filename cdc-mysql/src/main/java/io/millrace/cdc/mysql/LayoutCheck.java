package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Lays the catalog's columns over a table map that does not name them, and refuses what cannot be
 * the same table.
 */
final class LayoutCheck {
  /** Of utf8mb4, in every server: labels are read from the catalog as text. */
  private static final int UTF8MB4 = 45;

  private static final int BINARY = 63;
  private static final int ANY = -1;

  private LayoutCheck() {}

  /**
   * What the log left out.
   *
   * @param types as the table map has them
   * @param metas as the table map has them
   * @param logged what it says about them; maybe nothing
   * @throws SourceException where number or type of the columns differ
   */
  static TableMetadata complete(
      Flavour flavour,
      String table,
      byte[] types,
      int[] metas,
      TableMetadata logged,
      CatalogTable catalog) {
    if (catalog.columns().size() != types.length) {
      throw mismatch(
          table,
          String.format(
              Locale.ROOT,
              "the log has %s columns and the catalog %s",
              types.length,
              catalog.columns().size()));
    }
    TableMetadata whole = new TableMetadata();
    List<Boolean> signs = new ArrayList<>();
    List<Boolean> years = new ArrayList<>();
    List<Integer> texts = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int i = 0; i < types.length; i++) {
      CatalogTable.Column column = catalog.columns().get(i);
      int type = ColumnType.resolved(types[i] & 0xff, metas[i]);
      check(table, column, type, metas[i], flavour);
      whole.names.add(column.name());
      if (ColumnType.isNumeric(type)) {
        signs.add(column.unsigned());
        years.add(type == ColumnType.YEAR);
      }
      if (type == ColumnType.ENUM || type == ColumnType.SET) {
        List<byte[]> bytes = new ArrayList<>();
        column.labels().forEach(label -> bytes.add(label.getBytes(StandardCharsets.UTF_8)));
        (type == ColumnType.ENUM ? whole.enums : whole.sets).add(bytes);
        labels.add(UTF8MB4);
      } else if (ColumnType.hasCharset(type, flavour)) {
        texts.add(column.collation() < 0 ? BINARY : column.collation());
      }
    }
    whole.key.addAll(catalog.key());
    texts.forEach(whole.text::add);
    labels.forEach(whole.labels::add);
    whole.unsigned = bits(signs);
    if (logged.unsigned.length > 0) {
      checkSigns(table, signs, years, logged.unsigned);
      whole.unsigned = logged.unsigned;
    }
    for (int i = 0; i < texts.size(); i++) {
      int said = logged.text.of(i);
      if (said >= 0 && said != texts.get(i)) {
        throw mismatch(
            table,
            "text column "
                + (i + 1)
                + " has collation "
                + said
                + " in the log and "
                + texts.get(i)
                + " in the catalog");
      }
    }
    return whole;
  }

  private static byte[] bits(List<Boolean> signs) {
    byte[] bits = new byte[(signs.size() + 7) / 8];
    for (int i = 0; i < signs.size(); i++) {
      if (signs.get(i)) {
        bits[i / 8] |= (byte) (0x80 >> i % 8);
      }
    }
    return bits;
  }

  /** YEAR has no sign in the catalog, and needs none. */
  private static void checkSigns(
      String table, List<Boolean> catalog, List<Boolean> years, byte[] logged) {
    for (int i = 0; i < catalog.size(); i++) {
      boolean unsigned = i / 8 < logged.length && (logged[i / 8] & 0x80 >> i % 8) != 0;
      if (!years.get(i) && unsigned != catalog.get(i)) {
        throw mismatch(
            table,
            "numeric column " + (i + 1) + " has another sign in the log than in the catalog");
      }
    }
  }

  private static void check(
      String table, CatalogTable.Column column, int type, int meta, Flavour flavour) {
    int[] expected = expected(column, flavour);
    boolean known = expected.length == 0;
    for (int i = 0; i + 1 < expected.length; i += 2) {
      known |= expected[i] == type && (expected[i + 1] == ANY || expected[i + 1] == meta);
    }
    if (!known) {
      throw mismatch(
          table,
          String.format(
              Locale.ROOT,
              "column '%s' is %s in the catalog and %s (%s) in the log",
              column.name(),
              column.declaration(),
              ColumnType.name(type),
              meta));
    }
  }

  /** Pairs of type and metadata that a column of the catalog may have in the log; empty for any. */
  private static int[] expected(CatalogTable.Column column, Flavour flavour) {
    return switch (column.type()) {
      case "tinyint" -> new int[] {ColumnType.TINY, ANY};
      case "smallint" -> new int[] {ColumnType.SHORT, ANY};
      case "mediumint" -> new int[] {ColumnType.INT24, ANY};
      case "int" -> new int[] {ColumnType.LONG, ANY};
      case "bigint" -> new int[] {ColumnType.LONGLONG, ANY};
      case "float" -> new int[] {ColumnType.FLOAT, ANY};
      case "double" -> new int[] {ColumnType.DOUBLE, ANY};
      case "decimal" -> new int[] {ColumnType.DECIMAL, column.precision() | (column.scale() << 8)};
      case "date" -> new int[] {ColumnType.DATE, ANY};
      case "year" -> new int[] {ColumnType.YEAR, ANY};
      case "time" -> new int[] {ColumnType.TIME, column.fraction(), ColumnType.TIME_OLD, ANY};
      case "datetime" ->
          new int[] {ColumnType.DATETIME, column.fraction(), ColumnType.DATETIME_OLD, ANY};
      case "timestamp" ->
          new int[] {ColumnType.TIMESTAMP, column.fraction(), ColumnType.TIMESTAMP_OLD, ANY};
      case "bit" ->
          new int[] {ColumnType.BIT, (column.precision() % 8) | ((column.precision() / 8) << 8)};
      case "char", "binary" -> new int[] {ColumnType.STRING, ANY};
      case "varchar", "varbinary" ->
          new int[] {ColumnType.VARCHAR, (int) column.bytes(), ColumnType.VARCHAR_COMPRESSED, ANY};
      case "tinytext", "tinyblob" -> blob(1);
      case "text", "blob" -> blob(2);
      case "mediumtext", "mediumblob" -> blob(3);
      case "longtext", "longblob" -> blob(4);
      case "json" -> flavour == Flavour.MYSQL ? new int[] {ColumnType.JSON, ANY} : blob(4);
      case "enum" -> new int[] {ColumnType.ENUM, ANY};
      case "set" -> new int[] {ColumnType.SET, ANY};
      case "uuid", "inet4", "inet6" -> new int[] {ColumnType.STRING, ANY};
      default -> new int[0];
    };
  }

  private static int[] blob(int lengthBytes) {
    return new int[] {ColumnType.BLOB, lengthBytes, ColumnType.BLOB_COMPRESSED, ANY};
  }

  private static SourceException mismatch(String table, String what) {
    return new SourceException(
        String.format(
            Locale.ROOT,
            "Table %s was logged without its columns' names (binlog_row_metadata), and its definition"
                + " is another one by now: %s. Set binlog_row_metadata=FULL and reconnect its writers;"
                + " accept the gap, or leave the table out until the position has passed these rows.",
            table,
            what));
  }
}
