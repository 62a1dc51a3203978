package io.millrace.cdc.apply.jdbc;

/**
 * A column of a target table.
 *
 * @param name as the database stores it
 * @param sqlName quoted for statements
 * @param type what it can hold
 * @param typeName the database's name of the type, for messages
 * @param castType the type without length or precision, for casts that must not cut; may be empty
 *     where the dialect needs none
 * @param fullType the type with length and precision
 * @param size digits of a decimal, bytes of a fixed binary; -1 where there is none
 * @param scale digits after the point of a decimal or of a second; -1 where there is none
 * @param fixed whether shorter values are padded (CHAR, BINARY)
 * @param unsigned whether it holds no negative numbers
 * @param nullable whether it may be null
 * @param required whether an insert must give it: not null and without a default
 * @param generated whether the database computes it, so that it cannot be written
 */
public record TargetColumn(
    String name,
    String sqlName,
    ColumnType type,
    String typeName,
    String castType,
    String fullType,
    int size,
    int scale,
    boolean fixed,
    boolean unsigned,
    boolean nullable,
    boolean required,
    boolean generated) {}
