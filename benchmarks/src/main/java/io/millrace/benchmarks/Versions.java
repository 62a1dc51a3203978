package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The versions of the libraries that are compared, read off their jars' names. */
final class Versions {
  private static final Pattern JAR = Pattern.compile("(.+?)-(\\d[^/]*)\\.jar");
  private static final Set<String> TOLD =
      Set.of(
          "debezium-embedded",
          "kafka-clients",
          "mongodb-driver-sync",
          "mysql-binlog-connector-java",
          "mysql-connector-j",
          "postgresql",
          "transactionoutbox-core");

  private Versions() {}

  /** One text over all teams. */
  static String describe(Path home) throws IOException {
    List<String> all = new ArrayList<>();
    for (Team team : Team.values()) {
      Set<String> jars = new TreeSet<>();
      for (Path path : team.classPath(home)) {
        Matcher matcher = JAR.matcher(String.valueOf(path.getFileName()));
        if (matcher.matches() && TOLD.contains(matcher.group(1))) {
          jars.add(matcher.group(1) + " " + matcher.group(2));
        }
      }
      all.add(team.label() + " with " + String.join(", ", jars));
    }
    return String.join("; ", all);
  }
}
