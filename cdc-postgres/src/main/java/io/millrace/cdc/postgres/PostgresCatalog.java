package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.jdbc.ColumnType;
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
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a target needs to know of a table. */
final class PostgresCatalog {
  private static final int TYPMOD_HEADER = 4;

  private PostgresCatalog() {}

  /** What {@code to_regclass} and {@code parse_ident} say of a text that is no name. */
  private static final Set<String> NO_NAME = Set.of("42602", "22023");

  /**
   * A table by its name as SQL has it; null where there is none. The server cuts longer names to 63
   * bytes without a word, and so would find another table.
   */
  static @Nullable TargetTable describe(Connection connection, String table) throws SQLException {
    try {
      return find(connection, table);
    } catch (SQLException e) {
      if (NO_NAME.contains(String.valueOf(e.getSQLState()))) {
        return null;
      }
      throw e;
    }
  }

  private static @Nullable TargetTable find(Connection connection, String table)
      throws SQLException {
    String sql =
        """
        SELECT c.oid, n.nspname || '.' || c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass(?) AND c.relkind IN ('r', 'p')
          AND NOT EXISTS (SELECT FROM unnest(parse_ident(?)) part WHERE octet_length(part) > 63)""";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, table);
      statement.setString(2, table);
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return null;
        }
        long oid = rows.getLong(1);
        List<String> key = new ArrayList<>();
        boolean immediate = key(connection, oid, key);
        return new TargetTable(
            rows.getString(2),
            rows.getString(3),
            columns(connection, oid),
            key,
            immediate,
            exact(connection, oid),
            uniqueIndexes(connection, oid),
            parents(connection, oid));
      }
    }
  }

  private static Set<String> parents(Connection connection, long oid) throws SQLException {
    String sql =
        """
        SELECT DISTINCT n.nspname || '.' || p.relname
        FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace n ON n.oid = p.relnamespace
        WHERE k.contype = 'f' AND k.conrelid = ?::bigint::oid""";
    Set<String> parents = new HashSet<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, oid);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          parents.add(rows.getString(1));
        }
      }
    }
    return parents;
  }

  /**
   * Collects the key's columns; says whether ON CONFLICT can name them (a deferrable key cannot).
   */
  private static boolean key(Connection connection, long oid, List<String> key)
      throws SQLException {
    String sql =
        """
        SELECT a.attname, i.indimmediate
        FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = ?::bigint::oid AND i.indisprimary AND k.place <= i.indnkeyatts ORDER BY k.place""";
    boolean immediate = true;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, oid);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          key.add(rows.getString(1));
          immediate &= rows.getBoolean(2);
        }
      }
    }
    return immediate;
  }

  /** Whether the key's columns compare as their texts do. */
  private static boolean exact(Connection connection, long oid) throws SQLException {
    String sql =
        """
        SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
        LEFT JOIN pg_collation c ON c.oid = a.attcollation
        WHERE i.indrelid = ?::bigint::oid AND i.indisprimary
          AND (coalesce(b.typname, t.typname) = 'citext' OR NOT coalesce(c.collisdeterministic, true))""";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, oid);
      try (ResultSet rows = statement.executeQuery()) {
        return !rows.next();
      }
    }
  }

  private static List<List<String>> uniqueIndexes(Connection connection, long oid)
      throws SQLException {
    String sql =
        """
        SELECT i.indexrelid, a.attname
        FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = ?::bigint::oid AND i.indisunique AND NOT i.indisprimary AND i.indexprs IS NULL
          AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = i.indrelid
            AND f.confkey && i.indkey::int2[])
          AND k.place <= i.indnkeyatts ORDER BY i.indexrelid, k.place""";
    Map<Long, List<String>> indexes = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, oid);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          indexes
              .computeIfAbsent(rows.getLong(1), index -> new ArrayList<>())
              .add(rows.getString(2));
        }
      }
    }
    return List.copyOf(indexes.values());
  }

  private static List<TargetColumn> columns(Connection connection, long oid) throws SQLException {
    String sql =
        """
        SELECT a.attname, quote_ident(a.attname), coalesce(b.typname, t.typname), coalesce(b.typtype, t.typtype),
          format_type(a.atttypid, -1), format_type(a.atttypid, a.atttypmod),
          CASE WHEN a.atttypmod >= 0 THEN a.atttypmod ELSE t.typtypmod END,
          a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND t.typdefault IS NULL, a.attgenerated <> '',
          NOT (a.attnotnull OR t.typnotnull)
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
        WHERE a.attrelid = ?::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""";
    List<TargetColumn> columns = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, oid);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String base = rows.getString(3);
          ColumnType type = type(base);
          int modifier = rows.getInt(7);
          boolean numeric = base.equals("numeric") && modifier >= TYPMOD_HEADER;
          columns.add(
              new TargetColumn(
                  rows.getString(1),
                  rows.getString(2),
                  type,
                  rows.getString(6),
                  rows.getString(5),
                  rows.getString(6),
                  numeric ? (modifier - TYPMOD_HEADER) >> 16 : -1,
                  numeric ? scale(modifier) : isTime(type) ? modifier : -1,
                  base.equals("bpchar"),
                  false,
                  rows.getBoolean(10),
                  rows.getBoolean(8),
                  rows.getBoolean(9)));
        }
      }
    }
    return columns;
  }

  private static boolean isTime(ColumnType type) {
    return type == ColumnType.TIME || type == ColumnType.DATETIME || type == ColumnType.TIMESTAMP;
  }

  /** The scale stands in 11 bits, signed. */
  private static int scale(int modifier) {
    int bits = (modifier - TYPMOD_HEADER) & 0x7ff;
    int scale = (bits ^ 1024) - 1024;
    return scale;
  }

  private static ColumnType type(String base) {
    return switch (base) {
      case "bool" -> ColumnType.BOOL;
      case "int2", "int4", "int8" -> ColumnType.INT;
      case "numeric" -> ColumnType.DECIMAL;
      case "float4" -> ColumnType.FLOAT;
      case "float8" -> ColumnType.DOUBLE;
      case "text", "varchar", "bpchar", "name", "citext" -> ColumnType.STRING;
      case "bytea" -> ColumnType.BYTES;
      case "date" -> ColumnType.DATE;
      case "time" -> ColumnType.TIME;
      case "timestamp" -> ColumnType.DATETIME;
      case "timestamptz" -> ColumnType.TIMESTAMP;
      case "uuid" -> ColumnType.UUID;
      case "json", "jsonb" -> ColumnType.JSON;
      default ->
          ColumnType
              .TEXT_FORM; // enums, arrays, ranges, network addresses: the server reads its own text
    };
  }
}
