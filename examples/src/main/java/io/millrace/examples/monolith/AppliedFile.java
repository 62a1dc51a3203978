package io.millrace.examples.monolith;

import io.millrace.cdc.apply.ApplierListener;
import io.millrace.cdc.event.ChangeEvent;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Notes when a foreign event was committed in the target, for the latency. */
public final class AppliedFile implements ApplierListener, AutoCloseable {
  private final BufferedWriter file;
  private final String side;
  private final Clock clock = Clock.systemUTC();

  /**
   * Appends to {@code <side>.applied} in the folder.
   *
   * @param side whose own events are left out
   */
  public AppliedFile(Path folder, String side) throws IOException {
    this.side = side;
    this.file =
        Files.newBufferedWriter(
            folder.resolve(side + ".applied"),
            StandardCharsets.UTF_8,
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
  }

  @Override
  public synchronized void applied(List<ChangeEvent> events) {
    long now = Journal.micros(clock);
    try {
      for (ChangeEvent event : events) {
        if (!event.source().equals(side)) {
          file.write(now + "\t" + event.eventId() + "\n");
        }
      }
      file.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    file.close();
  }

  /** From the writer's commit to the moment in which the other side's applier had committed it. */
  public static double[] latencies(Path folder, String side, Judge.Verdict verdict)
      throws IOException {
    Path file = folder.resolve(side + ".applied");
    if (!Files.exists(file)) {
      return new double[0];
    }
    List<Double> millis = new ArrayList<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      int tab = line.indexOf('\t');
      Long committed = tab < 0 ? null : verdict.committedMicros().get(line.substring(tab + 1));
      if (committed != null) {
        millis.add((Long.parseLong(line.substring(0, tab)) - committed) / 1000.0);
      }
    }
    double[] sorted = millis.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }
}
