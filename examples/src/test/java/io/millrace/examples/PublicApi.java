package io.millrace.examples;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;

/** Types of the library that a user can name: public all the way out, and not internal. */
final class PublicApi extends DescribedPredicate<JavaClass> {
  PublicApi() {
    super("are public API");
  }

  @Override
  public boolean test(JavaClass type) {
    return type.getPackageName().startsWith("io.millrace.cdc.")
        && !HideInternalTypes.internal(type)
        && isPublic(type);
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(PublicApi::isPublic).orElse(true);
  }
}
