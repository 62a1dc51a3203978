package io.millrace.cdc.postgres;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A quick checksum of everything in a row, for sums over many rows. It is kept in positions, so it
 * never changes. Used by one thread.
 */
final class RowChecksum {
  private final CRC32C content = new CRC32C();

  /** Small parts are put together here, since each call of the sum costs more than they do. */
  private final byte[] buffer = new byte[1024];

  private int filled;

  long of(LogRow row) {
    content.reset();
    filled = 0;
    buffer[filled++] = (byte) row.op();
    add(row.relation());
    add(row.oldText());
    add(row.newText());
    add(row.event());
    add(row.oldRecord());
    add(row.newRecord());
    content.update(buffer, 0, filled);
    long sum = mixed(row.id(), row.xid());
    Instant at = row.at();
    sum = mixed(sum, at.getEpochSecond() * 1_000_000_000L + at.getNano());
    return mixed(sum, content.getValue());
  }

  private void add(@Nullable String text) {
    add(text == null ? null : text.getBytes(StandardCharsets.UTF_8));
  }

  /** Says how long it is, too, so that nothing moves from one column to the next unseen. */
  private void add(byte @Nullable [] bytes) {
    int length = bytes == null ? -1 : bytes.length;
    if (filled + 4 > buffer.length) {
      flush();
    }
    buffer[filled++] = (byte) length;
    buffer[filled++] = (byte) (length >> 8);
    buffer[filled++] = (byte) (length >> 16);
    buffer[filled++] = (byte) (length >> 24);
    if (bytes == null) {
      return;
    }
    if (length > buffer.length - filled) {
      flush();
      content.update(bytes, 0, length);
    } else {
      System.arraycopy(bytes, 0, buffer, filled, length);
      filled += length;
    }
  }

  private void flush() {
    content.update(buffer, 0, filled);
    filled = 0;
  }

  /** The finisher of splitmix64. */
  private static long mixed(long sum, long value) {
    long mixed = (sum * 31 + value) * 0x9e3779b97f4a7c15L;
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
