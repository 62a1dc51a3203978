package io.millrace.cdc.apply;

import io.millrace.cdc.error.ApplyException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the ledger remembers of one shared row: the fold's last word per column, and which of them
 * the applier wrote.
 */
final class FoldState {
  private static final byte FORMAT = 1;
  private static final int EXISTS = 1;
  private static final int GONE = 2;

  /** Whether the fold says that the row exists. */
  boolean exists;

  /** Whether the applier itself removed the row. */
  boolean gone;

  /** Per column the hash of what the fold last said, as the target stores it. */
  final Map<String, Long> shadow = new LinkedHashMap<>();

  /** Columns in which the applier put what the shadow says. */
  final Set<String> wrote = new HashSet<>();

  /**
   * A row that the ledger never saw: it is believed to be part of the channel where it is there.
   */
  static FoldState initial(boolean rowExists) {
    FoldState state = new FoldState();
    state.exists = rowExists;
    return state;
  }

  static FoldState decode(EntityKey key, byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      byte format = in.readByte();
      if (format != FORMAT) {
        throw new ApplyException(
            "The ledger's fold row of %s has format %s; this release reads format %s. Run the release that wrote it, or a newer one."
                .formatted(key, format, FORMAT));
      }
      FoldState state = new FoldState();
      int flags = in.readByte();
      state.exists = (flags & EXISTS) != 0;
      state.gone = (flags & GONE) != 0;
      int columns = in.readUnsignedShort();
      for (int i = 0; i < columns; i++) {
        String column = in.readUTF();
        if (in.readBoolean()) {
          state.wrote.add(column);
        }
        state.shadow.put(column, in.readLong());
      }
      return state;
    } catch (IOException e) {
      throw new ApplyException(
          "The ledger's fold row of %s is damaged (%s bytes). Restore it."
              .formatted(key, bytes.length),
          e);
    }
  }

  byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeByte((exists ? EXISTS : 0) | (gone ? GONE : 0));
      out.writeShort(shadow.size());
      for (Map.Entry<String, Long> column : shadow.entrySet()) {
        out.writeUTF(column.getKey());
        out.writeBoolean(wrote.contains(column.getKey()));
        out.writeLong(column.getValue());
      }
    } catch (IOException e) {
      throw new AssertionError("writing to memory cannot fail", e);
    }
    return bytes.toByteArray();
  }
}
