package io.millrace.cdc.mysql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A table as the server's catalog has it at one moment.
 *
 * @param columns in the table's order
 * @param key indexes of the primary key's columns, in key order
 */
record CatalogTable(List<Column> columns, List<Integer> key) {
  private static final String COLUMNS =
      "select c.column_name, c.data_type, c.column_type, coalesce(c.character_octet_length, -1),"
          + " coalesce(c.numeric_precision, -1), coalesce(c.numeric_scale, -1),"
          + " coalesce(c.datetime_precision, 0), c.collation_name"
          + " from information_schema.columns c where c.table_schema = ? and c.table_name = ?"
          + " order by c.ordinal_position";

  private static final String KEY =
      "select column_name from information_schema.statistics where index_name = 'PRIMARY'"
          + " and table_schema = ? and table_name = ? order by seq_in_index";

  /**
   * One column.
   *
   * @param type lower case, without lengths
   * @param declaration with lengths, labels and signs
   * @param bytes longest text; -1 for others
   * @param collation the id; -1 for what is no text
   */
  record Column(
      String name,
      String type,
      String declaration,
      long bytes,
      int precision,
      int scale,
      int fraction,
      int collation) {

    boolean unsigned() {
      return declaration.contains(" unsigned");
    }

    /** The labels of an enum or set. */
    List<String> labels() {
      List<String> labels = new ArrayList<>();
      StringBuilder label = new StringBuilder();
      boolean inside = false;
      for (int i = declaration.indexOf('('); i >= 0 && i < declaration.length(); i++) {
        char c = declaration.charAt(i);
        char next = i + 1 < declaration.length() ? declaration.charAt(i + 1) : 0;
        if (!inside) {
          inside = c == '\'';
        } else if (c == '\'' && next == '\'') {
          label.append('\'');
          i++;
        } else if (c == '\\') {
          label.append(next == 'n' ? '\n' : next == 'r' ? '\r' : next == '0' ? '\0' : next);
          i++;
        } else if (c == '\'') {
          labels.add(label.toString());
          label.setLength(0);
          inside = false;
        } else {
          label.append(c);
        }
      }
      return labels;
    }
  }

  CatalogTable {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
  }

  /** As it is now; without columns where there is no such table, or it may not be seen. */
  static CatalogTable read(Connection connection, String database, String table)
      throws SQLException {
    List<Column> columns = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (List<@Nullable String> row : ServerCatalog.rows(connection, COLUMNS, database, table)) {
      String name = String.valueOf(row.get(0));
      names.add(name);
      columns.add(
          new Column(
              name,
              String.valueOf(row.get(1)).toLowerCase(Locale.ROOT),
              String.valueOf(row.get(2)),
              number(row.get(3)),
              (int) number(row.get(4)),
              (int) number(row.get(5)),
              (int) number(row.get(6)),
              collation(connection, row.get(7))));
    }
    List<Integer> key = new ArrayList<>();
    for (List<@Nullable String> row : ServerCatalog.rows(connection, KEY, database, table)) {
      key.add(names.indexOf(String.valueOf(row.get(0))));
    }
    return new CatalogTable(columns, key);
  }

  private static long number(@Nullable String value) {
    return value == null ? -1 : Long.parseLong(value);
  }

  private static int collation(Connection connection, @Nullable String name) throws SQLException {
    if (name == null) {
      return -1;
    }
    boolean mariaDb = ServerCatalog.flavour(connection) == Flavour.MARIADB;
    String id =
        ServerCatalog.value(
            connection,
            mariaDb
                ? "select id from information_schema.collation_character_set_applicability where"
                    + " full_collation_name = ?"
                : "select id from information_schema.collations where collation_name = ?",
            name);
    return id.isEmpty() ? -1 : Integer.parseInt(id);
  }
}
