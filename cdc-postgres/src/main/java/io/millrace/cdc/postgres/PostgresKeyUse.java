package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.jdbc.KeyUse;
import io.millrace.cdc.apply.jdbc.TargetTable;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads who refers to a table's key. */
final class PostgresKeyUse {
  private PostgresKeyUse() {}

  static KeyUse read(Connection connection, TargetTable table) throws SQLException {
    List<KeyUse.Reference> references = new ArrayList<>();
    // What this user may not change is left to the database, which refuses the key change then. Of
    // a partitioned table's foreign keys, the partitions' own are the same once more.
    String sql =
        """
        SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname),
          (SELECT array_agg(quote_ident(a.attname) ORDER BY f.place) FROM unnest(k.conkey) WITH ORDINALITY f(attnum, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = f.attnum),
          (SELECT array_agg(a.attname::text ORDER BY f.place) FROM unnest(k.confkey) WITH ORDINALITY f(attnum, place)
            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = f.attnum),
          k.confupdtype NOT IN ('a', 'r') OR NOT has_table_privilege(c.oid, 'SELECT') OR NOT has_table_privilege(c.oid, 'UPDATE')
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND k.confrelid = to_regclass(?) AND k.conparentid = 0""";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, table.sqlName());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          references.add(
              new KeyUse.Reference(
                  rows.getString(1), texts(rows, 2), texts(rows, 3), rows.getBoolean(4)));
        }
      }
    }
    return new KeyUse(isFixed(connection, table), references);
  }

  /** GENERATED ALWAYS AS IDENTITY can be inserted with other numbers, but not updated. */
  private static boolean isFixed(Connection connection, TargetTable table) throws SQLException {
    String sql =
        """
        SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = to_regclass(?) AND i.indisprimary AND a.attidentity = 'a'""";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, table.sqlName());
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static List<String> texts(ResultSet rows, int column) throws SQLException {
    Array array = rows.getArray(column);
    return List.of((String[]) array.getArray());
  }
}
