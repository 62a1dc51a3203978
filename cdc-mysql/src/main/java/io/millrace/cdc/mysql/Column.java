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
 */
record Column(
    String name,
    int type,
    int length,
    int scale,
    boolean unsigned,
    @Nullable TextDecoder text,
    List<String> labels) {}
