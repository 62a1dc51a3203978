package io.millrace.cdc.codec;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Compares a contract with a released one, which may only have grown since. */
final class ContractGrowth {
  /** Reserved for fields to come: these numbers may be taken, once. */
  private static final Map<String, List<Integer>> ROOM =
      Map.of("ChangeEvent", List.of(20, 21, 22, 23, 24));

  private final List<String> problems = new ArrayList<>();

  private ContractGrowth() {}

  /** What a reader or writer of the released contract would trip over; empty if nothing. */
  static List<String> problems(FileDescriptorProto released, FileDescriptorProto current) {
    ContractGrowth growth = new ContractGrowth();
    growth.same("file", "package", released.getPackage(), current.getPackage());
    growth.same("file", "syntax", released.getSyntax(), current.getSyntax());
    growth.enums("", released.getEnumTypeList(), current.getEnumTypeList());
    growth.messages("", released.getMessageTypeList(), current.getMessageTypeList());
    return growth.problems;
  }

  private void messages(
      String prefix, List<DescriptorProto> released, List<DescriptorProto> current) {
    Map<String, DescriptorProto> byName = index(current, DescriptorProto::getName);
    for (DescriptorProto message : released) {
      String name = prefix + message.getName();
      DescriptorProto now = byName.get(message.getName());
      if (now == null) {
        problems.add("message " + name + " is gone");
        continue;
      }
      fields(name, message, now);
      reserved(name, message, now);
      enums(name + ".", message.getEnumTypeList(), now.getEnumTypeList());
      messages(name + ".", message.getNestedTypeList(), now.getNestedTypeList());
    }
  }

  private void fields(String message, DescriptorProto released, DescriptorProto current) {
    Map<Integer, FieldDescriptorProto> byNumber =
        index(current.getFieldList(), FieldDescriptorProto::getNumber);
    for (FieldDescriptorProto field : released.getFieldList()) {
      String name = message + "." + field.getName();
      FieldDescriptorProto now = byNumber.get(field.getNumber());
      if (now == null) {
        problems.add("field " + name + " = " + field.getNumber() + " is gone");
        continue;
      }
      same(name, "name", field.getName(), now.getName());
      same(name, "type", field.getType(), now.getType());
      same(name, "type", field.getTypeName(), now.getTypeName());
      same(name, "label", field.getLabel(), now.getLabel());
      same(name, "presence", field.getProto3Optional(), now.getProto3Optional());
      same(name, "options", field.getOptions(), now.getOptions());
      same(name, "oneof", oneof(released, field), oneof(current, now));
    }
  }

  private static String oneof(DescriptorProto message, FieldDescriptorProto field) {
    return field.hasOneofIndex() ? message.getOneofDecl(field.getOneofIndex()).getName() : "none";
  }

  private void reserved(String message, DescriptorProto released, DescriptorProto current) {
    for (DescriptorProto.ReservedRange range : released.getReservedRangeList()) {
      for (int number = range.getStart(); number < range.getEnd(); number++) {
        boolean room = ROOM.getOrDefault(message, List.of()).contains(number);
        if (!room && !isReserved(current, number)) {
          problems.add("number " + number + " of " + message + " is no longer reserved");
        }
      }
    }
    for (String name : released.getReservedNameList()) {
      if (!current.getReservedNameList().contains(name)) {
        problems.add("name " + name + " of " + message + " is no longer reserved");
      }
    }
  }

  private static boolean isReserved(DescriptorProto message, int number) {
    return message.getReservedRangeList().stream()
        .anyMatch(range -> range.getStart() <= number && number < range.getEnd());
  }

  private void enums(
      String prefix, List<EnumDescriptorProto> released, List<EnumDescriptorProto> current) {
    Map<String, EnumDescriptorProto> byName = index(current, EnumDescriptorProto::getName);
    for (EnumDescriptorProto type : released) {
      String name = prefix + type.getName();
      EnumDescriptorProto now = byName.get(type.getName());
      if (now == null) {
        problems.add("enum " + name + " is gone");
        continue;
      }
      Map<Integer, EnumValueDescriptorProto> byNumber =
          index(now.getValueList(), EnumValueDescriptorProto::getNumber);
      for (EnumValueDescriptorProto value : type.getValueList()) {
        EnumValueDescriptorProto same = byNumber.get(value.getNumber());
        same(
            name + " = " + value.getNumber(),
            "name",
            value.getName(),
            same == null ? "none" : same.getName());
      }
    }
  }

  private void same(String where, String what, Object released, Object current) {
    if (!released.equals(current)) {
      problems.add(where + ": " + what + " was " + released + " and is " + current);
    }
  }

  private static <K, T> Map<K, T> index(List<T> list, Function<T, K> key) {
    return list.stream().collect(Collectors.toMap(key, Function.identity(), (one, other) -> one));
  }
}
