package io.millrace.cdc.mysql;

import io.millrace.cdc.apply.jdbc.ColumnType;
import io.millrace.cdc.apply.jdbc.KeyUse;
import io.millrace.cdc.apply.jdbc.TargetColumn;
import io.millrace.cdc.apply.jdbc.TargetTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what a target needs to know of a table. */
final class MySqlTargetCatalog {
  private static final Pattern GENERATED = Pattern.compile("(VIRTUAL|STORED|PERSISTENT) GENERATED");

  private MySqlTargetCatalog() {}

  static @Nullable TargetTable describe(Connection connection, String table) throws SQLException {
    int dot = table.indexOf('.');
    String schema = dot < 0 ? null : unquoted(table.substring(0, dot));
    String name = unquoted(table.substring(dot + 1));
    String sql =
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema = coalesce(?, database()) AND table_name = ?"
            + " AND table_type = 'BASE TABLE'";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, schema);
      statement.setString(2, name);
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return null;
        }
        String foundSchema = rows.getString(1);
        String foundName = rows.getString(2);
        List<String> key = new ArrayList<>();
        List<List<String>> unique = new ArrayList<>();
        int uniqueIndexes = keys(connection, foundSchema, foundName, key, unique);
        return new TargetTable(
            foundSchema + "." + foundName,
            quoted(foundSchema) + "." + quoted(foundName),
            columns(connection, foundSchema, foundName),
            key,
            uniqueIndexes == 1,
            exact(connection, foundSchema, foundName, key),
            unique,
            parents(connection, foundSchema, foundName));
      }
    }
  }

  private static Set<String> parents(Connection connection, String schema, String table)
      throws SQLException {
    String sql =
        "SELECT DISTINCT referenced_table_schema, referenced_table_name FROM information_schema.key_column_usage"
            + " WHERE table_schema = ? AND table_name = ? AND referenced_table_name IS NOT NULL";
    Set<String> parents = new HashSet<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, schema);
      statement.setString(2, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          parents.add(rows.getString(1) + "." + rows.getString(2));
        }
      }
    }
    return parents;
  }

  /** Who refers to a table's key, as far as this user sees it. */
  static KeyUse keyUse(Connection connection, TargetTable table) throws SQLException {
    int dot = table.sqlName().indexOf("`.`") + 1;
    // Within one table the server does not follow, whatever is declared.
    String sql =
        "SELECT k.table_schema, k.table_name, k.constraint_name, k.column_name, k.referenced_column_name, r.update_rule,"
            + " k.table_schema = k.referenced_table_schema AND k.table_name = k.referenced_table_name"
            + " FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r"
            + " ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name"
            + " WHERE k.referenced_table_schema = ? AND k.referenced_table_name = ?"
            + " ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position";
    Map<String, KeyUse.Reference> references = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, unquoted(table.sqlName().substring(0, dot)));
      statement.setString(2, unquoted(table.sqlName().substring(dot + 1)));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String name = quoted(rows.getString(1)) + "." + quoted(rows.getString(2));
          String rule = rows.getString(6);
          boolean follows =
              !rows.getBoolean(7) && !rule.equals("NO ACTION") && !rule.equals("RESTRICT");
          references.merge(
              name + " " + rows.getString(3),
              new KeyUse.Reference(
                  name, List.of(quoted(rows.getString(4))), List.of(rows.getString(5)), follows),
              MySqlTargetCatalog::joined);
        }
      }
    }
    return new KeyUse(false, List.copyOf(references.values()));
  }

  private static KeyUse.Reference joined(KeyUse.Reference first, KeyUse.Reference next) {
    List<String> columns = new ArrayList<>(first.columns());
    columns.addAll(next.columns());
    List<String> keyColumns = new ArrayList<>(first.keyColumns());
    keyColumns.addAll(next.keyColumns());
    return new KeyUse.Reference(first.sqlName(), columns, keyColumns, first.follows());
  }

  private static String unquoted(String name) {
    boolean quoted = name.length() > 1 && name.startsWith("`") && name.endsWith("`");
    return quoted ? name.substring(1, name.length() - 1).replace("``", "`") : name;
  }

  private static String quoted(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  /**
   * Collects the columns of the primary key and of the other unique indexes; answers how many
   * unique indexes there are.
   */
  private static int keys(
      Connection connection,
      String schema,
      String table,
      List<String> key,
      List<List<String>> unique)
      throws SQLException {
    String sql =
        "SELECT index_name, column_name FROM information_schema.statistics WHERE table_schema = ? AND table_name = ? AND non_unique = 0"
            + " ORDER BY index_name, seq_in_index";
    Map<String, List<@Nullable String>> indexes = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, schema);
      statement.setString(2, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          // A part that is an expression has no column.
          indexes
              .computeIfAbsent(rows.getString(1), name -> new ArrayList<>())
              .add(rows.getString(2));
        }
      }
    }
    indexes.forEach(
        (name, columns) -> {
          List<String> known = columns.stream().filter(Objects::nonNull).toList();
          if (name.equals("PRIMARY")) {
            key.addAll(known);
          } else if (known.size() == columns.size()) {
            unique.add(known);
          }
        });
    Set<String> referred = referred(connection, schema, table);
    unique.removeIf(columns -> columns.stream().anyMatch(referred::contains));
    return indexes.size();
  }

  /** Columns that foreign keys refer to. */
  private static Set<String> referred(Connection connection, String schema, String table)
      throws SQLException {
    String sql =
        "SELECT DISTINCT referenced_column_name FROM information_schema.key_column_usage"
            + " WHERE referenced_table_schema = ? AND referenced_table_name = ?";
    Set<String> referred = new HashSet<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, schema);
      statement.setString(2, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          referred.add(rows.getString(1));
        }
      }
    }
    return referred;
  }

  /**
   * Whether the key's columns compare as their bytes do. Most binary collations do not: they ignore
   * trailing blanks.
   */
  private static boolean exact(Connection connection, String schema, String table, List<String> key)
      throws SQLException {
    String sql =
        "SELECT column_name, collation_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?"
            + " AND collation_name IS NOT NULL";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, schema);
      statement.setString(2, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String collation = rows.getString(2);
          boolean exact =
              collation.equals("binary")
                  || collation.endsWith("_nopad_bin")
                  || collation.equals("utf8mb4_0900_bin");
          if (!exact && key.contains(rows.getString(1))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private static List<TargetColumn> columns(Connection connection, String schema, String table)
      throws SQLException {
    String sql =
        "SELECT column_name, data_type, column_type, is_nullable, column_default, extra, numeric_precision, numeric_scale,"
            + " datetime_precision, character_octet_length FROM information_schema.columns WHERE table_schema = ? AND table_name = ?"
            + " ORDER BY ordinal_position";
    List<TargetColumn> columns = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, schema);
      statement.setString(2, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          columns.add(column(rows));
        }
      }
    }
    return columns;
  }

  private static TargetColumn column(ResultSet rows) throws SQLException {
    String name = rows.getString(1);
    String dataType = rows.getString(2).toLowerCase(Locale.ROOT);
    String fullType = rows.getString(3);
    String extra = rows.getString(6);
    boolean generated = extra != null && GENERATED.matcher(extra.toUpperCase(Locale.ROOT)).find();
    boolean automatic = extra != null && extra.toLowerCase(Locale.ROOT).contains("auto_increment");
    boolean nullable = rows.getString(4).equals("YES");
    boolean required = !nullable && rows.getString(5) == null && !generated && !automatic;
    ColumnType type = type(dataType);
    int size =
        dataType.equals("binary")
            ? rows.getInt(10)
            : type == ColumnType.DECIMAL ? rows.getInt(7) : -1;
    return new TargetColumn(
        name,
        quoted(name),
        type,
        fullType,
        "",
        fullType,
        size,
        scale(rows, type),
        dataType.equals("char") || dataType.equals("binary"),
        fullType.toLowerCase(Locale.ROOT).contains("unsigned"),
        nullable,
        required,
        generated);
  }

  private static int scale(ResultSet rows, ColumnType type) throws SQLException {
    return switch (type) {
      case DECIMAL -> rows.getInt(8);
      case TIME, DATETIME, TIMESTAMP -> rows.getInt(9);
      case BOOL,
          INT,
          FLOAT,
          DOUBLE,
          STRING,
          BYTES,
          DATE,
          UUID,
          JSON,
          BITS,
          TEXT_FORM,
          UNSUPPORTED ->
          -1;
    };
  }

  private static ColumnType type(String dataType) {
    return switch (dataType) {
      case "tinyint", "smallint", "mediumint", "int", "bigint", "year" -> ColumnType.INT;
      case "decimal" -> ColumnType.DECIMAL;
      case "float" -> ColumnType.FLOAT;
      case "double" -> ColumnType.DOUBLE;
      case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set" ->
          ColumnType.STRING;
      case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob" -> ColumnType.BYTES;
      case "date" -> ColumnType.DATE;
      case "time" -> ColumnType.TIME;
      case "datetime" -> ColumnType.DATETIME;
      case "timestamp" -> ColumnType.TIMESTAMP;
      case "json" -> ColumnType.JSON;
      case "uuid" -> ColumnType.UUID;
      case "bit" -> ColumnType.BITS;
      case "inet4", "inet6" -> ColumnType.TEXT_FORM;
      default -> ColumnType.UNSUPPORTED;
    };
  }
}
