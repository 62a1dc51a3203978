package io.millrace.cdc.apply;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.List;

/**
 * Whether two keys with one id are keys of one row. In a table they are, since a column has one
 * type. A collection of MongoDB can hold the number 1 beside the text "1" and beside documents with
 * a 1 in them; it takes numbers of all types for the same, and nothing else.
 */
final class SameKey {
  private SameKey() {}

  static boolean of(Row one, Row other) {
    if (!one.names().equals(other.names())) {
      return false;
    }
    for (int i = 0; i < one.size(); i++) {
      if (!of(one.value(i), other.value(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean of(Value one, Value other) {
    if (one.kind() != other.kind()) {
      return isNumber(one) && isNumber(other);
    }
    if (one instanceof Value.DocumentValue document) {
      return of(document.fields(), ((Value.DocumentValue) other).fields());
    }
    if (one instanceof Value.ListValue list) {
      return of(list.values(), ((Value.ListValue) other).values());
    }
    return !(one instanceof Value.RawValue raw)
        || raw.type().equals(((Value.RawValue) other).type());
  }

  private static boolean of(List<Value> one, List<Value> other) {
    if (one.size() != other.size()) {
      return false;
    }
    for (int i = 0; i < one.size(); i++) {
      if (!of(one.get(i), other.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNumber(Value value) {
    return switch (value.kind()) {
      case INT32, INT64, UINT64, DOUBLE, FLOAT, DECIMAL -> true;
      case NULL,
          BOOL,
          STRING,
          BYTES,
          DATE,
          TIME,
          DATETIME,
          TIMESTAMP,
          UUID,
          JSON,
          LIST,
          DOCUMENT,
          RAW ->
          false;
    };
  }
}
