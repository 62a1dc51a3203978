package io.millrace.cdc.testkit;

import java.io.BufferedInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/** Gets servers' files out of Maven artifacts on the class path. */
final class EmbeddedFiles {

  private static final int EXECUTABLE_BITS = 0111;

  private EmbeddedFiles() {}

  static Optional<URL> find(String resource) {
    return Optional.ofNullable(EmbeddedFiles.class.getClassLoader().getResource(resource));
  }

  /** Unpacks a {@code .txz} resource, with links and permissions. */
  static void unpackTxz(URL resource, Path target) throws IOException {
    try (InputStream raw = new BufferedInputStream(resource.openStream());
        TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(raw))) {
      TarArchiveEntry entry;
      while ((entry = tar.getNextEntry()) != null) {
        Path file = inside(target, entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(file);
          continue;
        }
        Files.createDirectories(parent(file));
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
          Files.createLink(file, inside(target, entry.getLinkName()));
        } else {
          Files.copy(tar, file);
          if ((entry.getMode() & EXECUTABLE_BITS) != 0) {
            makeExecutable(file);
          }
        }
      }
    }
  }

  /**
   * Copies the files below a directory of the class path.
   *
   * @param directory the directory's resource name, with a slash at its end
   * @param wanted judges names relative to it
   */
  static void unpackDirectory(
      String directory, Predicate<String> wanted, Predicate<String> executable, Path target)
      throws IOException {
    URL url =
        find(directory).orElseThrow(() -> new IOException("not on the class path: " + directory));
    URLConnection connection = url.openConnection();
    if (!(connection instanceof JarURLConnection inJar)) {
      throw new IOException("expected in a jar, but is " + url);
    }
    inJar.setUseCaches(false);
    try (JarFile jar = inJar.getJarFile()) {
      for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
        if (entry.isDirectory() || !entry.getName().startsWith(directory)) {
          continue;
        }
        String name = entry.getName().substring(directory.length());
        if (wanted.test(name)) {
          Path file = inside(target, name);
          Files.createDirectories(parent(file));
          try (InputStream in = jar.getInputStream(entry)) {
            Files.copy(in, file);
          }
          if (executable.test(name)) {
            makeExecutable(file);
          }
        }
      }
    }
  }

  /** The jar or directory of the class path that a resource lies in. */
  static Path containerOf(String resource) throws IOException {
    URL url =
        find(resource).orElseThrow(() -> new IOException("not on the class path: " + resource));
    try {
      if (url.openConnection() instanceof JarURLConnection inJar) {
        return Path.of(inJar.getJarFileURL().toURI());
      }
      Path file = Path.of(url.toURI());
      for (int i = resource.split("/").length; i > 0; i--) {
        file = parent(file);
      }
      return file;
    } catch (URISyntaxException e) {
      throw new IOException("not a path: " + url, e);
    }
  }

  static String classPathOf(List<Path> files) {
    return String.join(File.pathSeparator, files.stream().map(Path::toString).toList());
  }

  static Path parent(Path file) {
    @Nullable Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException(file + " has no parent directory");
    }
    return parent;
  }

  /** Refuses names that would leave the target. */
  private static Path inside(Path target, String name) {
    Path file = target.resolve(name).normalize();
    if (!file.startsWith(target)) {
      throw new UncheckedIOException(
          new IOException("entry " + name + " points outside " + target));
    }
    return file;
  }

  private static void makeExecutable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
