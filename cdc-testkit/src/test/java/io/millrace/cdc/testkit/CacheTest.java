package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CacheTest {

  private static final int FILES = 200;

  @TempDir Path root;

  @Test
  void jvms_that_come_at_once_make_a_directory_once_and_see_it_whole() throws Exception {
    List<Process> jvms = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      jvms.add(ChildJvm.start(Racer.class, root.toString()));
    }
    for (Process jvm : jvms) {
      String seen = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(jvm.waitFor()).isZero();
      assertThat(seen.strip()).isEqualTo(Integer.toString(FILES));
    }
    try (Stream<Path> made = Files.list(root).filter(p -> p.toString().contains("made-by"))) {
      assertThat(made).hasSize(1);
    }
  }

  @Test
  void what_a_dead_jvm_left_unfinished_is_made_anew() throws Exception {
    Files.createDirectories(root.resolve("thing-1.unfinished/half"));

    Path made = new Cache(root).directory("thing-1", directory -> fill(directory, 3));

    try (Stream<Path> files = Files.list(made)) {
      assertThat(files).hasSize(3);
    }
  }

  @Test
  void what_could_not_be_made_is_tried_again() {
    Cache cache = new Cache(root);
    assertThatThrownBy(
            () ->
                cache.directory(
                    "thing-1",
                    directory -> {
                      throw new IOException("disk full");
                    }))
        .hasRootCauseMessage("disk full");

    assertThat(cache.directory("thing-1", directory -> fill(directory, 1)).resolve("0")).exists();
  }

  private static void fill(Path directory, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Files.writeString(directory.resolve(Integer.toString(i)), "x");
    }
  }

  /** Asks for a directory that takes a while to make, and prints how many files it sees in it. */
  static final class Racer {
    private Racer() {}

    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws Exception {
      Path root = Path.of(arguments[0]);
      Path made =
          new Cache(root)
              .directory(
                  "thing-1",
                  directory -> {
                    Files.writeString(root.resolve("made-by-" + ProcessHandle.current().pid()), "");
                    for (int i = 0; i < FILES; i++) {
                      Files.writeString(directory.resolve(Integer.toString(i)), "x");
                      pause();
                    }
                  });
      try (Stream<Path> files = Files.list(made)) {
        System.out.println(files.count());
      }
    }

    private static void pause() {
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }
}
