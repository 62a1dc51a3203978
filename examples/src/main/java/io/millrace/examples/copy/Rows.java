package io.millrace.examples.copy;

import java.util.List;
import java.util.Map;
import java.util.Random;

/** Which rows of the source there are, and what may happen to them. */
final class Rows {
  /** Rows 1 to 12 of a table are hot. */
  static final int HOT = 12;

  /** Rows that are there from the start, of each table. */
  static final int FIRST_SEEDED = 161;

  /**
   * Customers, and articles by their serial, that stay: their columns in the target alone do, too.
   */
  static final int FIRST_LASTING = 201;

  static final int LASTING = 10;

  static final int LAST_LASTING = FIRST_LASTING + LASTING - 1;

  /** What stands in the target's own columns when the copying begins. */
  static final int PLANTED_VALUE = -1;

  /** Customers of a country that is not copied; the target has others under their numbers. */
  static final int FIRST_FOREIGN = 900_001;

  static final int LAST_FOREIGN = 900_010;

  /** Customers that only the target has. */
  static final int FIRST_TARGETS_OWN = 950_001;

  static final int LAST_TARGETS_OWN = 950_010;

  private Rows() {}

  /** What is done to a row. */
  enum Care {
    /** Anything. */
    NONE,
    /**
     * It is never deleted and never leaves the filter: a customer keeps its number, an article its
     * serial, while its key changes.
     */
    LASTING,
    /** It never enters the filter. */
    FOREIGN
  }

  /** The key of a hot row. */
  static List<String> hot(CopiedTable table, Random random) {
    String number = Integer.toString(1 + random.nextInt(HOT));
    return switch (table.entity()) {
      case "article" -> List.of((random.nextBoolean() ? "A-" : "a-") + number);
      case "stock" ->
          List.of(Integer.toString(1 + random.nextInt(3)), "A-" + (1 + random.nextInt(4)));
      default -> List.of(number);
    };
  }

  /** The key of a row that a number belongs to. */
  static List<String> numbered(CopiedTable table, long number) {
    return switch (table.entity()) {
      case "article" -> List.of("N-" + number);
      case "stock" -> List.of("9", "N-" + number);
      default -> List.of(Long.toString(number));
    };
  }

  /** Whether a row of the target is none of the copy's. */
  static boolean isTargetsOwn(CopiedTable table, String id) {
    return table.is("customer") && Long.parseLong(id) >= FIRST_FOREIGN;
  }

  /** What a new row is given besides random content. */
  static Map<String, String> given(CopiedTable table, List<String> key, long serial) {
    return switch (table.entity()) {
      case "article" -> Map.of("sku", key.get(0), "serial", Long.toString(serial));
      case "stock" -> Map.of("warehouse", key.get(0), "sku", key.get(1));
      default -> Map.of("id", key.get(0));
    };
  }
}
