package io.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The code that a newcomer copies is the code that compiles here. */
class QuickStartTest {
  @Test
  void the_readme_shows_the_code_that_compiles() throws IOException {
    List<String> code =
        words(
            between(
                read("src/main/java/io/millrace/examples/QuickStart.java"),
                "// quick start",
                "// end"));
    List<String> shown = words(between(read("../README.md"), "```java", "```"));

    assertThat(shown).isEqualTo(code);
  }

  @Test
  void the_quick_start_is_short() throws IOException {
    long lines =
        between(read("../README.md"), "```java", "```")
            .lines()
            .filter(line -> !line.isBlank())
            .count();

    assertThat(lines).isLessThanOrEqualTo(12);
  }

  private static String read(String file) throws IOException {
    return Files.readString(Path.of(file));
  }

  private static String between(String text, String start, String end) {
    int from = text.indexOf(start);
    assertThat(from).as("'%s' in the text", start).isNotNegative();
    int begin = from + start.length();
    return text.substring(begin, text.indexOf(end, begin));
  }

  /** Layout is the formatter's business. */
  private static List<String> words(String code) {
    return List.of(code.replaceAll("\\s+", "").split("(?<=;)", -1));
  }
}
