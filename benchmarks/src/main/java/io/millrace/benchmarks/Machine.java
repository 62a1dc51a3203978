package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the report says of the machine. */
final class Machine {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final Path MEMORY = Path.of("/proc/meminfo");
  private static final Path LOAD = Path.of("/proc/loadavg");

  private Machine() {}

  /** Processors, memory, system, Java. */
  static String describe() throws IOException {
    return String.format(
        Locale.ROOT,
        "%d processors (%s), %s of memory, %s %s, Java %s (%s)",
        Runtime.getRuntime().availableProcessors(),
        field(PROCESSORS, "model name"),
        field(MEMORY, "MemTotal"),
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        Runtime.version(),
        System.getProperty("java.vm.name"));
  }

  /** Processes that ran or wanted to, averaged over one, five and fifteen minutes. */
  static String load() throws IOException {
    if (!Files.isReadable(LOAD)) {
      return "unknown";
    }
    return Pattern.compile(" ")
        .splitAsStream(Files.readString(LOAD))
        .limit(3)
        .collect(Collectors.joining(", "));
  }

  /** Whether, before or after, much more wanted to run than one contender and one server do. */
  static boolean isShared(String loads) {
    return Pattern.compile("[ ,/]+")
        .splitAsStream(loads)
        .filter(load -> load.matches("[0-9.]+"))
        .mapToDouble(Double::parseDouble)
        .anyMatch(load -> load > 2 + Runtime.getRuntime().availableProcessors());
  }

  private static String field(Path file, String name) throws IOException {
    if (Files.isReadable(file)) {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith(name)) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    }
    return "unknown";
  }
}
