package io.millrace.examples;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.stream.Stream;

/** What a type shows (what it extends, its public and protected members) names no internal type. */
final class HideInternalTypes extends ArchCondition<JavaClass> {
  HideInternalTypes() {
    super("mention no internal type in what they show");
  }

  static boolean internal(JavaClass type) {
    return (type.getPackageName() + ".").contains(".internal.");
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    type.getSuperclass().ifPresent(parent -> report(type, type.getFullName(), parent, events));
    type.getInterfaces().forEach(parent -> report(type, type.getFullName(), parent, events));
    Stream.concat(type.getCodeUnits().stream(), type.getFields().stream())
        .filter(HideInternalTypes::shown)
        .forEach(
            member -> types(member).forEach(t -> report(type, member.getFullName(), t, events)));
  }

  private static boolean shown(JavaMember member) {
    return (member.getModifiers().contains(JavaModifier.PUBLIC)
            || member.getModifiers().contains(JavaModifier.PROTECTED))
        && !member.getModifiers().contains(JavaModifier.SYNTHETIC);
  }

  private static Stream<JavaType> types(JavaMember member) {
    if (member instanceof JavaField field) {
      return Stream.of(field.getType());
    }
    JavaCodeUnit unit = (JavaCodeUnit) member;
    return Stream.of(
            Stream.of(unit.getReturnType()),
            unit.getParameterTypes().stream(),
            unit.getThrowsClause().stream().map(thrown -> (JavaType) thrown.getRawType()))
        .flatMap(stream -> stream);
  }

  private static void report(JavaClass owner, String where, JavaType type, ConditionEvents events) {
    for (JavaClass named : type.getAllInvolvedRawTypes()) {
      if (internal(named)) {
        String message = where + " mentions " + named.getFullName();
        events.add(SimpleConditionEvent.violated(owner, message));
      }
    }
  }
}
