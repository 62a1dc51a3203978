package io.millrace.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Whose code a contestant runs: one Maven module each, with a class path of its own. */
enum Team {
  /** This library. */
  MILLRACE("millrace", "Millrace"),
  /** Connector, JDBC, drivers and clients alone: the limit. */
  RAW("raw", "driver alone"),
  /** Debezium's embedded engine. */
  DEBEZIUM("debezium", "Debezium"),
  /** transaction-outbox. */
  TRANSACTION_OUTBOX("transaction-outbox", "transaction-outbox");

  private final String module;
  private final String label;

  Team(String module, String label) {
    this.module = module;
    this.label = label;
  }

  /** Its name for people. */
  String label() {
    return label;
  }

  /** The class with its main method. */
  String mainClass() {
    return "io.millrace.benchmarks." + (this == TRANSACTION_OUTBOX ? "txno" : module) + ".Main";
  }

  /** Everything its JVM needs: its classes, then the jars. */
  List<Path> classPath(Path home) throws IOException {
    Path target = home.resolve("contenders").resolve(module).resolve("target");
    Path file = target.resolve("classpath.txt");
    if (!Files.exists(file)) {
      throw new IllegalStateException(
          file + " is missing: start with benchmarks/run, which builds it");
    }
    List<Path> path = new ArrayList<>();
    path.add(target.resolve("classes"));
    Pattern.compile(File.pathSeparator, Pattern.LITERAL)
        .splitAsStream(Files.readString(file).strip())
        .forEach(jar -> path.add(Path.of(jar)));
    return path;
  }
}
