package io.millrace.cdc.mysql;

/** Numbers of the column types as they stand in table maps, of both flavours. */
final class ColumnType {
  static final int TINY = 1;
  static final int SHORT = 2;
  static final int LONG = 3;
  static final int FLOAT = 4;
  static final int DOUBLE = 5;
  static final int TIMESTAMP_OLD = 7;
  static final int LONGLONG = 8;
  static final int INT24 = 9;
  static final int DATE = 10;
  static final int TIME_OLD = 11;
  static final int DATETIME_OLD = 12;
  static final int YEAR = 13;
  static final int VARCHAR = 15;
  static final int BIT = 16;
  static final int TIMESTAMP = 17;
  static final int DATETIME = 18;
  static final int TIME = 19;
  static final int TYPED_ARRAY = 20;
  static final int BLOB_COMPRESSED = 140;
  static final int VARCHAR_COMPRESSED = 141;
  static final int VECTOR = 242;
  static final int JSON = 245;
  static final int DECIMAL = 246;
  static final int ENUM = 247;
  static final int SET = 248;
  static final int TINY_BLOB = 249;
  static final int MEDIUM_BLOB = 250;
  static final int LONG_BLOB = 251;
  static final int BLOB = 252;
  static final int VAR_STRING = 253;
  static final int STRING = 254;
  static final int GEOMETRY = 255;

  // Not in any log: what STRING turns out to be.
  static final int UUID = 1_001;
  static final int INET4 = 1_002;
  static final int INET6 = 1_003;

  private ColumnType() {}

  /** Bytes of metadata in the table map. */
  static int metadataLength(int type) {
    return switch (type) {
      case FLOAT, DOUBLE, TIMESTAMP, DATETIME, TIME, JSON, GEOMETRY, VECTOR, BLOB_COMPRESSED -> 1;
      case VARCHAR, BIT, DECIMAL, ENUM, SET, VAR_STRING, STRING, VARCHAR_COMPRESSED -> 2;
      default -> isBlob(type) ? 1 : 0;
    };
  }

  static boolean isBlob(int type) {
    return type >= TINY_BLOB && type <= BLOB;
  }

  static boolean isCompressed(int type) {
    return type == BLOB_COMPRESSED || type == VARCHAR_COMPRESSED;
  }

  /** What STRING turns out to be by its metadata: ENUM, SET or STRING. */
  static int resolved(int type, int meta) {
    int first = meta & 0xff;
    return type == STRING && (first == ENUM || first == SET) ? first : type;
  }

  /** Whether the table map has a bit of signedness for it. */
  static boolean isNumeric(int type) {
    return switch (type) {
      case TINY, SHORT, INT24, LONG, LONGLONG, FLOAT, DOUBLE, DECIMAL, YEAR -> true;
      default -> false;
    };
  }

  /** Whether the table map's list of character sets has an entry for it. */
  static boolean hasCharset(int type, Flavour flavour) {
    return switch (type) {
      case VARCHAR, VAR_STRING, STRING, VARCHAR_COMPRESSED, BLOB_COMPRESSED -> true;
      case GEOMETRY, JSON -> flavour == Flavour.MARIADB;
      default -> isBlob(type);
    };
  }

  /** The type's name for messages. */
  static String name(int type) {
    return switch (type) {
      case TIMESTAMP_OLD -> "TIMESTAMP in the format before MySQL 5.6";
      case TIME_OLD -> "TIME in the format before MySQL 5.6";
      case DATETIME_OLD -> "DATETIME in the format before MySQL 5.6";
      case TYPED_ARRAY -> "a typed array";
      default -> "type " + type;
    };
  }
}
