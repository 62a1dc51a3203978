package io.millrace.examples.monolith;

import io.millrace.cdc.testkit.MissingServerException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What the examples' programs have in common: arguments in, a summary out, and the exit status. 0
 * where the summary is good, 1 where not, 2 for wrong usage, 3 where a server is missing.
 */
public final class Command {
  /** A program, once it knows its options. */
  public interface Program {
    /**
     * Runs it.
     *
     * @param story where it says what it does
     */
    Summary run(Options options, PrintStream story) throws Exception;
  }

  /** A run that keeps its logs in a folder. */
  public interface Work {
    /** Runs it. */
    Summary in(Path folder) throws Exception;
  }

  private Command() {}

  /**
   * Runs a program and ends the JVM.
   *
   * @param name of the example
   * @param text the summary for people
   */
  public static void main(
      String name,
      String[] arguments,
      Function<String[], Options> parser,
      Program program,
      Function<Summary, String> text)
      throws Exception {
    PrintStream standard = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Options options;
    try {
      options = parser.apply(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println(name + ": " + e.getMessage());
      System.exit(2);
      return;
    }
    PrintStream story =
        options.json() ? new PrintStream(System.err, true, StandardCharsets.UTF_8) : standard;
    Summary summary;
    try {
      summary = program.run(options, story);
    } catch (MissingServerException e) {
      System.err.println(name + ": " + e.getMessage());
      System.exit(3);
      return;
    }
    story.println(text.apply(summary));
    if (options.json()) {
      standard.println(summary.json());
    }
    System.exit(summary.good() ? 0 : 1);
  }

  /**
   * Runs in a folder of its own, which stays where the run was not good.
   *
   * @param prefix of the folder's name
   * @param kept what is in it, for people
   */
  public static Summary inFolder(String prefix, String kept, PrintStream story, Work work)
      throws Exception {
    Path folder = Files.createTempDirectory(prefix);
    Summary summary = work.in(folder);
    if (summary.good()) {
      delete(folder);
    } else {
      story.println(kept + " are kept in " + folder);
    }
    return summary;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
