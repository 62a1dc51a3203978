package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Directories that are made once per machine and user: unpacked servers, templates of data
 * directories.
 *
 * <p>Safe for many JVMs at once. A file lock lets one do the work while the others wait; the
 * directory is made under a temporary name and renamed when complete, so that one cut short is
 * never taken for whole. What is in the cache never changes afterwards. Deleting the cache is
 * always safe while no test runs.
 */
final class Cache {

  /** Fills a directory that exists and is empty. */
  @FunctionalInterface
  interface Maker {
    void make(Path directory) throws IOException;
  }

  private static final Object IN_THIS_JVM = new Object();

  private final Path root;

  Cache(Path root) {
    this.root = root;
  }

  /** {@code MILLRACE_CACHE}, else the user's cache directory, else the one for temporary files. */
  static Cache of(Environment environment) {
    Path user =
        environment
            .get("XDG_CACHE_HOME")
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache"))
            .resolve("millrace");
    Path root = environment.get(Environment.CACHE).map(Path::of).orElse(user).toAbsolutePath();
    try {
      Files.createDirectories(root);
      return new Cache(root);
    } catch (IOException e) {
      return new Cache(
          Path.of(
              System.getProperty("java.io.tmpdir"),
              "millrace-cache-" + System.getProperty("user.name")));
    }
  }

  /**
   * The directory of that name, made first where it is not there.
   *
   * @param name names the content and its version; characters other than letters, digits, dot and
   *     dash become underscores
   */
  Path directory(String name, Maker maker) {
    String safe = name.replaceAll("[^A-Za-z0-9.-]+", "_");
    Path target = root.resolve(safe);
    if (Files.isDirectory(target)) {
      return target;
    }
    synchronized (IN_THIS_JVM) { // file locks are per JVM, not per thread
      try {
        Files.createDirectories(root);
        try (FileChannel channel =
                FileChannel.open(
                    root.resolve(safe + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            FileLock lock = channel.lock()) {
          if (lock.isValid() && !Files.isDirectory(target)) {
            make(target, safe, maker);
          }
          return target;
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot make " + target + " in the cache", e);
      }
    }
  }

  private void make(Path target, String safe, Maker maker) throws IOException {
    Path unfinished = root.resolve(safe + ".unfinished");
    Trees.delete(unfinished); // of a JVM that died here: the lock says nobody is at it
    Files.createDirectories(unfinished);
    maker.make(unfinished);
    Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
  }
}
