package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;

class FilePositionsTest extends PositionStoreContract {
  @TempDir Path directory;

  @Override
  protected PositionStoreHarness newHarness() {
    ManualClock clock = ManualClock.at("2026-03-01T12:00:00Z");
    return new PositionStoreHarness() {
      @Override
      public PositionStore store() {
        return FilePositions.in(directory.resolve("made/when/missing"), clock);
      }

      @Override
      public void pass(Duration time) {
        clock.advance(time);
      }

      @Override
      public void writeAsNewerRelease(String pipeline) throws IOException {
        String text = Files.readString(file(pipeline));
        Files.writeString(
            file(pipeline), text.replaceFirst("millrace-position [12]", "millrace-position 9"));
      }

      @Override
      public void crashWhileSaving(String pipeline) throws IOException {
        String text = Files.readString(file(pipeline));
        Files.writeString(
            file(pipeline).resolveSibling(pipeline + ".position.next"), text.substring(0, 40));
      }

      @Override
      public void close() {
        // The directory is JUnit's.
      }
    };
  }

  private Path file(String pipeline) {
    return directory.resolve("made/when/missing").resolve(pipeline + ".position");
  }
}
