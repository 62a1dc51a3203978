package io.millrace.cdc.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The environment variables that choose servers, behind one type so that a test can hand in its
 * own.
 */
record Environment(Map<String, String> variables) {

  static final String REQUIRED = "MILLRACE_REQUIRED_SERVERS";
  private static final Pattern COMMA = Pattern.compile(",");
  static final String CACHE = "MILLRACE_CACHE";
  static final String DOCKER = "MILLRACE_DOCKER";
  static final String DOWNLOADS = "MILLRACE_DOWNLOADS";
  static final String MONGO_VERSION = "MILLRACE_MONGO_VERSION";

  Environment {
    variables = Map.copyOf(variables);
  }

  static Environment ofProcess() {
    return new Environment(System.getenv());
  }

  /** The value of a variable; one that is set but blank counts as not set. */
  Optional<String> get(String name) {
    return Optional.ofNullable(variables.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  /**
   * The kinds of server that must be there. A misspelt one would silently require nothing: it is
   * refused.
   */
  Set<ServerKind> required() {
    Set<ServerKind> kinds = EnumSet.noneOf(ServerKind.class);
    COMMA
        .splitAsStream(get(REQUIRED).orElse(""))
        .map(String::strip)
        .filter(label -> !label.isEmpty())
        .forEach(label -> kinds.add(kind(label)));
    return kinds;
  }

  private static ServerKind kind(String label) {
    return Arrays.stream(ServerKind.values())
        .filter(k -> k.label().equals(label.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    REQUIRED
                        + " names an unknown server '"
                        + label
                        + "'; known are "
                        + Arrays.stream(ServerKind.values())
                            .map(ServerKind::label)
                            .collect(Collectors.joining(", "))));
  }

  /**
   * A program that a variable points to; one that is named but not there is an error, not a
   * fallback.
   */
  Optional<Path> program(String variable) {
    return get(variable)
        .map(
            value -> {
              Path path = Path.of(value).toAbsolutePath();
              if (!Files.isExecutable(path)) {
                throw new IllegalStateException(
                    variable + "=" + value + " is not an executable file; correct or unset it");
              }
              return path;
            });
  }

  /** The first executable of that name on the PATH. */
  Optional<Path> onPath(String name) {
    return Arrays.stream(get("PATH").orElse("").split(File.pathSeparator))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, name).toAbsolutePath())
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  /**
   * What to throw where a server cannot be had: a skip, or a failure for one that is required.
   *
   * @param why what was found instead, a phrase
   */
  RuntimeException missing(ServerKind kind, String why) {
    String message =
        "No " + kind.label() + " server: " + why + ". To provide one: " + kind.remedy() + ".";
    if (required().contains(kind)) {
      throw new RequiredServerError(message + " (" + REQUIRED + " names it.)");
    }
    return new MissingServerException(message);
  }
}
