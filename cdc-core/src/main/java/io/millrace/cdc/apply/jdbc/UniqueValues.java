package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.event.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a row holds for a moment, within one transaction, so that another row can have its unique
 * value: null where it may be, else something that no other row has, most likely.
 */
final class UniqueValues {
  private static final Pattern LENGTH = Pattern.compile("\\((\\d+)\\)");
  private static final Pattern WIDE_INTEGER = Pattern.compile("(int|integer|bigint)\\b.*");
  private static final int ENOUGH = 32;

  private UniqueValues() {}

  /**
   * For each unique index the field and column of it that can be given up; an index where there is
   * none is left out.
   */
  static Map<String, TargetColumn> freed(MappedTable mapped) {
    Map<String, TargetColumn> freed = new LinkedHashMap<>();
    for (List<String> index : mapped.table().uniqueIndexes()) {
      String best = null;
      for (String field : mapped.otherFields().asList()) {
        TargetColumn column = mapped.column(field);
        if (index.contains(column.name())
            && (column.nullable() || hasPlaceholder(column))
            && (best == null || (column.nullable() && !mapped.column(best).nullable()))) {
          best = field;
        }
      }
      if (best != null) {
        freed.put(best, mapped.column(best));
      }
    }
    return freed;
  }

  private static boolean hasPlaceholder(TargetColumn column) {
    return column.type() == ColumnType.STRING
        || (column.type() == ColumnType.INT
            && WIDE_INTEGER.matcher(column.typeName().toLowerCase(Locale.ROOT)).matches());
  }

  static Value placeholder(TargetColumn column) {
    if (column.nullable()) {
      return Value.NULL;
    }
    UUID random = UUID.randomUUID();
    if (column.type() == ColumnType.INT) {
      return Value.of(random.getMostSignificantBits() >>> 33);
    }
    Matcher length = LENGTH.matcher(column.fullType());
    int most = length.find() ? Math.min(ENOUGH, Integer.parseInt(length.group(1))) : ENOUGH;
    return Value.of(random.toString().replace("-", "").substring(0, most));
  }
}
