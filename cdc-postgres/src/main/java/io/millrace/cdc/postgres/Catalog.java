package io.millrace.cdc.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads tables and types from the server's catalog. Keeps nothing over calls. */
final class Catalog {
  private static final String TABLE =
      """
      SELECT c.oid::bigint, c.relkind = 'p' FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p')""";

  private static final String COLUMNS =
      """
      SELECT attname, atttypid::bigint, attgenerated FROM pg_catalog.pg_attribute
      WHERE attrelid = ?::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum""";

  private static final String KEY =
      """
      SELECT a.attname FROM pg_catalog.pg_index i
      CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, position)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
      WHERE i.indrelid = ?::oid AND i.indisprimary AND k.position <= i.indnkeyatts ORDER BY k.position""";

  private static final String PARTITIONS =
      """
      SELECT c.oid::bigint, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind = 'f'
      FROM pg_catalog.pg_partition_tree(?::oid::regclass) t JOIN pg_catalog.pg_class c ON c.oid = t.relid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'f') ORDER BY 2""";

  private static final String TYPE =
      """
      SELECT typname, typtype, typbasetype::bigint, typelem::bigint, typcategory, typrelid::bigint
      FROM pg_catalog.pg_type WHERE oid = ?::oid""";

  private final Connection connection;
  private final Map<Long, PgType> types = new HashMap<>();

  Catalog(Connection connection) {
    this.connection = connection;
  }

  /** The table as it is now; empty where there is none of that name. */
  Optional<TableLayout> table(String schema, String name) throws SQLException {
    long oid;
    boolean partitioned;
    try (PreparedStatement query = connection.prepareStatement(TABLE)) {
      query.setString(1, schema);
      query.setString(2, name);
      try (ResultSet row = query.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        oid = row.getLong(1);
        partitioned = row.getBoolean(2);
      }
    }
    List<String> virtual = new ArrayList<>();
    Map<String, PgType> columns = columns(oid, virtual);
    return Optional.of(
        new TableLayout(
            oid,
            columns,
            List.copyOf(virtual),
            key(oid),
            partitioned ? Optional.of(partitions(oid)) : Optional.empty()));
  }

  private List<TableLayout.Partition> partitions(long table) throws SQLException {
    List<TableLayout.Partition> partitions = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(PARTITIONS)) {
      query.setLong(1, table);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          partitions.add(
              new TableLayout.Partition(row.getLong(1), row.getString(2), row.getBoolean(3)));
        }
      }
    }
    return List.copyOf(partitions);
  }

  private Map<String, PgType> columns(long relation, List<String> virtual) throws SQLException {
    Map<String, Long> typeOids = new LinkedHashMap<>();
    try (PreparedStatement query = connection.prepareStatement(COLUMNS)) {
      query.setLong(1, relation);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          if ("v".equals(row.getString(3))) {
            virtual.add(row.getString(1));
          } else {
            typeOids.put(row.getString(1), row.getLong(2));
          }
        }
      }
    }
    Map<String, PgType> columns = new LinkedHashMap<>();
    for (Map.Entry<String, Long> column : typeOids.entrySet()) {
      columns.put(column.getKey(), type(column.getValue()));
    }
    return columns;
  }

  private List<String> key(long relation) throws SQLException {
    List<String> key = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(KEY)) {
      query.setLong(1, relation);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          key.add(row.getString(1));
        }
      }
    }
    return List.copyOf(key);
  }

  private PgType type(long oid) throws SQLException {
    PgType known = types.get(oid);
    if (known != null) {
      return known;
    }
    PgType type = readType(oid);
    types.put(oid, type);
    return type;
  }

  private PgType readType(long oid) throws SQLException {
    String name;
    String typeType;
    long base;
    long element;
    boolean array;
    long relation;
    try (PreparedStatement query = connection.prepareStatement(TYPE)) {
      query.setLong(1, oid);
      try (ResultSet row = query.executeQuery()) {
        if (!row.next()) {
          return PgType.scalar("unknown", false);
        }
        name = row.getString(1);
        typeType = row.getString(2);
        base = row.getLong(3);
        element = row.getLong(4);
        array = "A".equals(row.getString(5)) && element != 0;
        relation = row.getLong(6);
      }
    }
    if (typeType.equals("d")) {
      return type(base);
    }
    if (array) {
      return PgType.array(name, type(element));
    }
    if (typeType.equals("c")) {
      return PgType.composite(name, columns(relation, new ArrayList<>()));
    }
    return PgType.scalar(name, typeType.equals("e"));
  }
}
