package io.millrace.cdc.codec;

import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names of ours and the values of a team's enum, both ways. */
final class ContractEnum<T> {
  private final Map<T, EnumValueDescriptor> values = new HashMap<>();
  private final Map<Integer, T> names = new HashMap<>();

  /** Where several names share a value, the first is the one that is read. */
  void put(T name, EnumValueDescriptor value) {
    values.put(name, value);
    names.putIfAbsent(value.getNumber(), name);
  }

  @Nullable EnumValueDescriptor value(T name) {
    return values.get(name);
  }

  @Nullable T name(EnumValueDescriptor value) {
    return names.get(value.getNumber());
  }

  /** Whether the enum's own definition has no such number: the writer's is newer. */
  static boolean isUnknown(EnumValueDescriptor value) {
    return value.getIndex() < 0;
  }

  /** A value by its name, exact or with the enum's name in front, in any case and separators. */
  static @Nullable EnumValueDescriptor find(EnumDescriptor type, String name) {
    EnumValueDescriptor exact = type.findValueByName(name);
    if (exact != null) {
      return exact;
    }
    String plain = plain(name);
    String prefix = plain(type.getName());
    EnumValueDescriptor found = null;
    for (EnumValueDescriptor value : type.getValues()) {
      String candidate = plain(value.getName());
      if (candidate.equals(plain) || candidate.equals(prefix + plain)) {
        if (found != null && found.getNumber() != value.getNumber()) {
          return null;
        }
        found = value;
      }
    }
    return found;
  }

  /** A name without case and underscores: snake and camel case have the same. */
  static String plain(String name) {
    return name.replace("_", "").toLowerCase(Locale.ROOT);
  }
}
