package io.millrace.cdc.apply.jdbc;

/** What a target column can hold, as far as conversion needs to know. */
public enum ColumnType {
  /** True or false. */
  BOOL,
  /** Whole numbers, signed or not. */
  INT,
  /** Exact decimals. */
  DECIMAL,
  /** 32-bit floating point. */
  FLOAT,
  /** 64-bit floating point. */
  DOUBLE,
  /** Characters, enumerations included. */
  STRING,
  /** Bytes. */
  BYTES,
  /** A day. */
  DATE,
  /** A time of day or a duration. */
  TIME,
  /** Date and time without a zone. */
  DATETIME,
  /** A point in time. */
  TIMESTAMP,
  /** A UUID. */
  UUID,
  /** JSON. */
  JSON,
  /** Bits, written as a number. */
  BITS,
  /** Anything the database reads from its own text form. */
  TEXT_FORM,
  /** Nothing this library can write; refused where it is mapped. */
  UNSUPPORTED
}
