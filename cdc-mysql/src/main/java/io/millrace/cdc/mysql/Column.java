package io.millrace.cdc.mysql;

import io.millrace.cdc.mysql.MySqlCharsets.TextDecoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One column as a table map describes it. Immutable.
 *
 * @param type of {@link ColumnType}; STRING is resolved into STRING, ENUM or SET
 * @param length bytes, bits, precision or digits of the fraction, as the type has it
 * @param scale of a decimal
 * @param text how its bytes become text; null for binary and what is no text
 * @param labels of an enum or set
 * @param use what is made of its values
 */
record Column(
    String name,
    int type,
    int length,
    int scale,
    boolean unsigned,
    @Nullable TextDecoder text,
    List<String> labels,
    Use use) {

  /** What is made of a column's values; decided before any is decoded. */
  enum Use {
    /** They stand in the events. */
    VALUE,
    /** Another text stands in their place; they are not decoded. */
    MASK,
    /** A hash stands in their place. */
    HASH,
    /** They are not part of the events, and not decoded. */
    NONE
  }

  /** The same column, found to be of another type. */
  Column as(int newType) {
    return new Column(name, newType, length, scale, unsigned, text, labels, use);
  }

  /** The same column, decoded in any case. */
  Column read() {
    return new Column(name, type, length, scale, unsigned, text, labels, Use.VALUE);
  }
}
