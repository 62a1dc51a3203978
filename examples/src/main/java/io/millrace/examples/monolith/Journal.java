package io.millrace.examples.monolith;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** A writer's own file of what it committed: one line per change, the time of the commit first. */
public final class Journal implements AutoCloseable {
  /**
   * A line read back.
   *
   * @param committedMicros when the commit returned, microseconds since the epoch
   * @param change {@link Change#line()}
   */
  public record Entry(long committedMicros, String change) {}

  private final BufferedWriter file;
  private final Clock clock;

  Journal(Path path, Clock clock) {
    this.clock = clock;
    try {
      file = Files.newBufferedWriter(path, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Called right after the commit returned. */
  synchronized void committed(List<Change> changes) {
    long now = micros(clock);
    try {
      for (Change change : changes) {
        file.write(now + "\t" + change.line() + "\n");
      }
      file.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static long micros(Clock clock) {
    java.time.Instant now = clock.instant();
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
  }

  static List<Entry> read(Path path) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String line : Files.readAllLines(path, StandardCharsets.UTF_8)) {
      int tab = line.indexOf('\t');
      entries.add(new Entry(Long.parseLong(line.substring(0, tab)), line.substring(tab + 1)));
    }
    return entries;
  }

  @Override
  public synchronized void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
