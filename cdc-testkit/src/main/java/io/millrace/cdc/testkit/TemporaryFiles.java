package io.millrace.cdc.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Directories that go when the JVM does. */
final class TemporaryFiles {

  private static final Set<Path> ROOTS = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(TemporaryFiles::deleteAll, "testkit-temporary-files"));
  }

  private TemporaryFiles() {}

  static Path deleteAtExit(Path root) {
    ROOTS.add(root);
    return root;
  }

  private static void deleteAll() {
    for (Path root : ROOTS) {
      try {
        Trees.delete(root);
      } catch (IOException e) {
        // The JVM is going down and this is a directory for temporary files: the system's turn.
      }
    }
  }
}
