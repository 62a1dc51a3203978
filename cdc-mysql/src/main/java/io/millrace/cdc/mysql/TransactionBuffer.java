package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The events of one transaction until its commit was read; beyond a limit they go to a temporary
 * file, which only this process's user may read and which is deleted when the buffer is closed.
 * What counts is the memory that they keep: of all that came with them in one array, the whole.
 * Used by one thread: first filled, then taken from.
 */
final class TransactionBuffer implements AutoCloseable {
  /**
   * One event with what is needed to decode it.
   *
   * @param offset where it begins in its log file
   * @param rowBytes bytes of row events before it in its transaction, unpacked
   */
  record Entry(RawEvent event, TableMap table, long offset, long rowBytes) {}

  private static final int STREAM_BYTES = 1 << 16;
  private static final int SMALL_BYTES = 1 << 16;

  private final long memoryBytes;
  private final ArrayDeque<Entry> memory = new ArrayDeque<>(4);
  private long used;

  /** The array that was counted last. */
  private byte @Nullable [] counted;

  private @Nullable List<TableMap> tables;
  private @Nullable FileChannel file;
  private @Nullable DataOutputStream out;
  private @Nullable DataInputStream in;
  private long spilled;

  TransactionBuffer(long memoryBytes) {
    this.memoryBytes = memoryBytes;
  }

  boolean isEmpty() {
    return memory.isEmpty() && spilled == 0;
  }

  /** Whether some of it lies in a file. */
  boolean hasSpilled() {
    return file != null;
  }

  @SuppressWarnings("ReferenceEquality") // it is about the one array
  void add(RawEvent event, TableMap table, long offset, long rowBytes) {
    memory.add(new Entry(event, table, offset, rowBytes));
    if (event.bytes() != counted) {
      counted = event.bytes();
      used += counted.length;
    }
    if (used > memoryBytes) {
      spill();
    }
  }

  /** Gets out of the way until its transaction's end: what is not small goes to the file. */
  void rest() {
    long bytes = 0;
    for (Entry entry : memory) {
      bytes += entry.event.size();
    }
    if (bytes > SMALL_BYTES) {
      spill();
      return;
    }
    for (int left = memory.size(); left > 0; left--) {
      Entry entry = memory.remove();
      memory.add(new Entry(entry.event.alone(), entry.table, entry.offset, entry.rowBytes));
    }
    used = bytes;
    counted = null;
  }

  /** The next event, or null after the last. */
  @Nullable Entry next() {
    if (spilled > 0) {
      spilled--;
      return read();
    }
    return memory.poll();
  }

  private void spill() {
    try {
      DataOutputStream to = out;
      if (to == null) {
        Path path = Files.createTempFile("millrace-transaction-", ".events");
        file =
            FileChannel.open(
                path,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
        to =
            new DataOutputStream(
                new BufferedOutputStream(Channels.newOutputStream(file), STREAM_BYTES));
        out = to;
      }
      for (Entry entry = memory.poll(); entry != null; entry = memory.poll()) {
        to.writeInt(tableIndex(entry.table));
        to.writeLong(entry.offset);
        to.writeLong(entry.rowBytes);
        to.writeInt(entry.event.size());
        to.write(entry.event.bytes(), entry.event.start(), entry.event.size());
        spilled++;
      }
      used = 0;
      counted = null;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @SuppressWarnings("ReferenceEquality") // the same instance stands for the same version of a table
  private int tableIndex(TableMap table) {
    List<TableMap> known = tables == null ? new ArrayList<>() : tables;
    tables = known;
    for (int i = known.size() - 1; i >= 0; i--) {
      if (known.get(i) == table) {
        return i;
      }
    }
    known.add(table);
    return known.size() - 1;
  }

  private Entry read() {
    try {
      DataInputStream from = in;
      if (from == null) {
        FileChannel channel = Objects.requireNonNull(file);
        Objects.requireNonNull(out).flush();
        channel.position(0);
        from =
            new DataInputStream(
                new BufferedInputStream(Channels.newInputStream(channel), STREAM_BYTES));
        in = from;
      }
      TableMap table = Objects.requireNonNull(tables).get(from.readInt());
      long offset = from.readLong();
      long rowBytes = from.readLong();
      byte[] bytes = new byte[from.readInt()];
      from.readFully(bytes);
      return new Entry(new RawEvent(bytes), table, offset, rowBytes);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static SourceException failed(IOException e) {
    return new SourceException(
        "A transaction larger than memory could not be kept in a temporary file (java.io.tmpdir): "
            + e.getMessage(),
        e,
        true);
  }

  @Override
  public void close() {
    memory.clear();
    spilled = 0;
    FileChannel channel = file;
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException ignored) {
        // what is left is a temporary file
      }
    }
  }
}
