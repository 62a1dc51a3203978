package io.millrace.cdc.postgres;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A type of the catalog, domains already resolved to their base type.
 *
 * @param name the type's name in {@code pg_type}
 * @param kind how its values are decoded
 * @param element an array's element type
 * @param fields a composite type's fields, in order
 */
record PgType(String name, Kind kind, @Nullable PgType element, Map<String, PgType> fields) {
  /** How the value of a type is decoded. */
  enum Kind {
    BOOL,
    INTEGER,
    FLOAT,
    DOUBLE,
    NUMERIC,
    TEXT,
    PADDED_TEXT,
    BYTES,
    DATE,
    TIME,
    TIMESTAMP,
    INSTANT,
    UUID,
    JSON,
    ARRAY,
    COMPOSITE,
    HSTORE,
    RAW
  }

  static PgType scalar(String name, boolean enumeration) {
    return new PgType(name, enumeration ? Kind.TEXT : kindOf(name), null, Map.of());
  }

  static PgType array(String name, PgType element) {
    return new PgType(name, Kind.ARRAY, element, Map.of());
  }

  static PgType composite(String name, Map<String, PgType> fields) {
    return new PgType(name, Kind.COMPOSITE, null, fields);
  }

  private static Kind kindOf(String name) {
    return switch (name) {
      case "bool" -> Kind.BOOL;
      case "int2", "int4", "int8", "oid" -> Kind.INTEGER;
      case "float4" -> Kind.FLOAT;
      case "float8" -> Kind.DOUBLE;
      case "numeric" -> Kind.NUMERIC;
      case "text", "varchar", "name", "char", "citext" -> Kind.TEXT;
      case "bpchar" -> Kind.PADDED_TEXT;
      case "bytea" -> Kind.BYTES;
      case "date" -> Kind.DATE;
      case "time" -> Kind.TIME;
      case "timestamp" -> Kind.TIMESTAMP;
      case "timestamptz" -> Kind.INSTANT;
      case "uuid" -> Kind.UUID;
      case "json", "jsonb" -> Kind.JSON;
      case "hstore" -> Kind.HSTORE;
      default -> Kind.RAW;
    };
  }
}
