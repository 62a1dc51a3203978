package io.millrace.benchmarks.protocol;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the time of one round: from {@link #begin()} (the first call counts) to {@link #end}. The
 * thread that calls one of them may be another than the one that asks for the reading.
 */
public final class Meter {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";

  private final PrintStream out;
  private boolean begun; // guarded by this
  private long nanos; // guarded by this
  private long cpuNanos; // guarded by this
  private long allocated; // guarded by this
  private @Nullable Reading reading; // guarded by this

  Meter(PrintStream out) {
    this.out = out;
  }

  /** Tells the harness that what is written from now on will be seen. */
  public void listening() {
    out.println(Stage.LISTENING);
    out.flush();
  }

  /** The first event is there; further calls change nothing. */
  public synchronized void begin() {
    if (!begun) {
      begun = true;
      allocated = allocatedBytes();
      cpuNanos = cpuNanos();
      nanos = System.nanoTime();
    }
  }

  /**
   * All events are there.
   *
   * @param events how many, at least 1
   */
  public void end(long events) {
    end(events, () -> cpuNanos() - beganAt());
  }

  /** Processor time that is not this process's. */
  @FunctionalInterface
  public interface ProcessorTime {
    /** Since the round began, in nanoseconds. */
    long nanos() throws SQLException;
  }

  /**
   * All events are there, and the processor time that counts is another process's.
   *
   * @param events how many, at least 1
   */
  public synchronized void end(long events, ProcessorTime cpu) {
    long now = System.nanoTime();
    if (!begun || events < 1) {
      throw new IllegalStateException("a round ended with " + events + " events, begun: " + begun);
    }
    reading =
        new Reading(
            events,
            Math.max(1, now - nanos),
            spent(cpu),
            Math.max(0, allocatedBytes() - allocated),
            peakBytes(),
            ManagementFactory.getThreadMXBean().getThreadCount());
  }

  private synchronized long beganAt() {
    return cpuNanos;
  }

  private static long spent(ProcessorTime cpu) {
    try {
      return cpu.nanos();
    } catch (SQLException e) {
      throw new IllegalStateException("cannot ask for the processor time", e);
    }
  }

  /** What the round took. */
  synchronized Reading reading() {
    if (reading == null) {
      throw new IllegalStateException("the round was not measured to its end");
    }
    return reading;
  }

  /** Hands the arrival times of a round back to the harness. */
  public static void write(Path file, long[] times) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * times.length);
    bytes.asLongBuffer().put(times);
    Files.write(file, bytes.array());
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** Of the threads that live; one that ends takes its share with it. */
  private static long allocatedBytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
      sum += Math.max(0, bytes);
    }
    return sum;
  }

  /** As Linux counts it; 0 on other systems. */
  private static long peakBytes() {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    try {
      List<String> lines = Files.readAllLines(STATUS);
      for (String line : lines) {
        if (line.startsWith(PEAK)) {
          return 1024
              * Long.parseLong(line.substring(PEAK.length(), line.lastIndexOf(' ')).strip());
        }
      }
      return 0;
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + STATUS, e);
    }
  }
}
