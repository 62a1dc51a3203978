package io.millrace.cdc.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** Finds texts that a hash spreads over all partitions. */
public final class KeySpread {
  private KeySpread() {}

  /**
   * One text per partition, in their order; each is the prefix and a number.
   *
   * @param partitionOf gives every partition from 0 to {@code partitions - 1} its share of texts
   */
  public static List<String> over(
      int partitions, String prefix, ToIntFunction<String> partitionOf) {
    String[] keys = new String[partitions];
    int found = 0;
    for (int number = 0; found < partitions; number++) {
      String key = prefix + "/" + number;
      int partition = partitionOf.applyAsInt(key);
      if (keys[partition] == null) {
        keys[partition] = key;
        found++;
      }
    }
    List<String> all = new ArrayList<>(partitions);
    for (String key : keys) {
      all.add(key);
    }
    return List.copyOf(all);
  }
}
