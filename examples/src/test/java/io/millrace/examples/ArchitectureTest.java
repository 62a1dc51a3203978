package io.millrace.examples;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may see whom. This module sees everything, so the rules for all of them stand here. */
final class ArchitectureTest {
  private static final String ROOT = "io.millrace.cdc.";

  /** Core's packages from left to right; a layer uses itself and those before it. */
  private static final List<List<String>> LAYERS =
      List.of(
          List.of("error", "internal"),
          List.of("event"),
          List.of("codec"),
          List.of("source", "transport", "position"),
          List.of("backfill", "outbox", "apply"),
          List.of("pipeline"));

  private static final List<String> ADAPTERS =
      List.of("postgres", "mysql", "mongo", "kafka", "codecs");

  /**
   * Per module, the share of its types that may be public, in per cent. Core starts as little more
   * than its SPIs and comes down to a half as its inside grows; the number is only ever lowered.
   */
  private static final Map<String, Integer> PUBLIC_SHARE =
      Map.of(
          "core",
          65,
          "testkit", // contract tests are there to be extended
          55,
          "postgres",
          50,
          "mysql",
          50,
          "mongo",
          50,
          "kafka",
          50,
          "codecs",
          50);

  private static final JavaClasses LIBRARY =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.millrace");

  @Test
  void a_layer_of_core_uses_only_those_before_it() {
    for (int layer = 0; layer < LAYERS.size() - 1; layer++) {
      String[] later =
          packages(LAYERS.subList(layer + 1, LAYERS.size()).stream().flatMap(List::stream));
      noClasses()
          .that(resideInAnyPackage(packages(LAYERS.get(layer).stream())))
          .should()
          .dependOnClassesThat(resideInAnyPackage(later))
          .allowEmptyShould(true)
          .because("the layers are, from left to right, " + LAYERS)
          .check(LIBRARY);
    }
  }

  @Test
  void packages_of_core_form_no_cycle() {
    slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(LIBRARY);
  }

  @Test
  void every_package_has_its_place() {
    List<String> known = new ArrayList<>(LAYERS.stream().flatMap(List::stream).toList());
    known.addAll(ADAPTERS);
    known.addAll(List.of("testkit", "v1"));
    assertThat(LIBRARY.stream().map(JavaClass::getPackageName).filter(p -> p.startsWith(ROOT)))
        .as("a new package is named here and in ARCHITECTURE.md")
        .allSatisfy(name -> assertThat(known).contains(first(name)));
  }

  @Test
  void generated_classes_stay_inside_the_codec_of_the_library() {
    check(
        noClasses()
            .that(
                resideOutsideOfPackages(ROOT + "codec..", ROOT + "v1..", "io.millrace.examples.."))
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT + "v1..")));
  }

  @Test
  void an_adapter_sees_core_and_no_other_adapter() {
    for (String adapter : ADAPTERS) {
      String[] others = packages(ADAPTERS.stream().filter(other -> !other.equals(adapter)));
      check(
          noClasses()
              .that(resideInAPackage(ROOT + adapter + ".."))
              .should()
              .dependOnClassesThat(resideInAnyPackage(others)));
    }
  }

  @Test
  void core_knows_no_adapter() {
    String[] core = packages(LAYERS.stream().flatMap(List::stream));
    check(
        noClasses()
            .that(resideInAnyPackage(core))
            .should()
            .dependOnClassesThat(resideInAnyPackage(packages(ADAPTERS.stream()))));
  }

  @Test
  void nobody_sees_the_examples_and_only_they_see_the_testkit() {
    check(
        noClasses()
            .that(resideOutsideOfPackages("io.millrace.examples.."))
            .should()
            .dependOnClassesThat(resideInAPackage("io.millrace.examples..")));
    check(
        noClasses()
            .that(resideOutsideOfPackages("io.millrace.examples..", ROOT + "testkit.."))
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT + "testkit..")));
  }

  @Test
  void no_public_signature_mentions_an_internal_type() {
    check(classes().that(new PublicApi()).should(new HideInternalTypes()));
  }

  @Test
  void few_types_are_public() {
    PUBLIC_SHARE.forEach(
        (module, percent) -> {
          List<JavaClass> all =
              LIBRARY.stream()
                  .filter(type -> module(type).equals(module) && type.isTopLevelClass())
                  .filter(type -> !type.getSimpleName().equals("package-info"))
                  .toList();
          List<String> open =
              all.stream()
                  .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                  .map(JavaClass::getName)
                  .toList();
          assertThat(open.size() * 100)
              .as(
                  "%s of %s types of %s are public, %s%% may be: %s",
                  open.size(), all.size(), module, percent, open)
              .isLessThanOrEqualTo(all.size() * percent);
        });
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(LIBRARY);
  }

  private static String module(JavaClass type) {
    String name = type.getPackageName();
    if (!name.startsWith(ROOT) || first(name).equals("v1")) {
      return "";
    }
    String first = first(name);
    return PUBLIC_SHARE.containsKey(first) ? first : "core";
  }

  private static String first(String packageName) {
    return packageName.substring(ROOT.length()).replaceAll("\\..*", "");
  }

  private static String[] packages(Stream<String> names) {
    return names.map(name -> ROOT + name + "..").toArray(String[]::new);
  }
}
