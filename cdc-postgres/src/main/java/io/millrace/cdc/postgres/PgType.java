package io.millrace.cdc.postgres;

import java.util.Map;
import java.util.Set;
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
  /**
   * Types with no typed form here, whose text depends on no setting of the session but those that
   * {@code millrace.capture} looks at. What is not listed may: money, tstzrange, regclass, and what
   * extensions bring.
   */
  private static final Set<String> SETTLED =
      Set.of(
          """
          interval timetz inet cidr macaddr macaddr8 bit varbit point line lseg box path polygon circle int4range int8range numrange daterange
          tsrange int4multirange int8multirange nummultirange datemultirange tsmultirange tsvector tsquery xml pg_lsn xid xid8"""
              .split("\\s", -1));

  /** Those of them whose text depends on no setting at all. */
  private static final Set<String> INDEPENDENT =
      Set.of(
          """
          inet cidr macaddr macaddr8 bit varbit int4range int8range numrange int4multirange int8multirange nummultirange tsvector tsquery xml
          pg_lsn xid xid8"""
              .split("\\s", -1));

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

  /**
   * Whether the text of a value depends on settings that the trigger does not look at each time.
   */
  boolean dependsOnSession() {
    return switch (kind) {
      case ARRAY -> element != null && element.dependsOnSession();
      case COMPOSITE -> fields.values().stream().anyMatch(PgType::dependsOnSession);
      case RAW -> !SETTLED.contains(name);
      default -> false;
    };
  }

  /** Whether no setting at all changes the text of a value, as JSON prints it. */
  boolean isIndependent() {
    return switch (kind) {
      case ARRAY -> element == null || element.isIndependent();
      case COMPOSITE -> fields.values().stream().allMatch(PgType::isIndependent);
      case FLOAT, DOUBLE -> false;
      case RAW -> INDEPENDENT.contains(name);
      default -> true;
    };
  }

  /** Whether a value may have a JSON null in it, as itself or as an element or field. */
  boolean holdsJson() {
    return switch (kind) {
      case JSON -> true;
      case ARRAY -> element != null && element.holdsJson();
      case COMPOSITE -> fields.values().stream().anyMatch(PgType::holdsJson);
      default -> false;
    };
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
