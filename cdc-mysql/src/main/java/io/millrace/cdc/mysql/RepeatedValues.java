package io.millrace.cdc.mysql;

import io.millrace.cdc.event.Value;
import org.jspecify.annotations.Nullable;

/**
 * Readers that give the same object for the same bytes of one column, where columns are full of
 * repetition: the time of a statement is in all of its rows, and a state or a currency is one of a
 * few words. Each is used for one column, and by one thread.
 */
final class RepeatedValues {
  private static final int WORDS = 64;

  /** A word and its length fit into one number. */
  private static final int LONGEST_WORD = 7;

  private static final int SPREAD_SHIFT = Long.SIZE - Integer.numberOfTrailingZeros(WORDS);
  private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

  private RepeatedValues() {}

  /**
   * The value before it again, where the bytes are.
   *
   * @param width how many bytes every value has, at most eight
   */
  static ValueReader last(int width, ValueReader reader) {
    return new Last(width, reader);
  }

  /**
   * Texts, of which the short ones are kept.
   *
   * @param lengthBytes how many bytes in front say how long a text is
   */
  static ValueReader words(int lengthBytes, MySqlCharsets.TextDecoder decoder) {
    return new Words(lengthBytes, decoder);
  }

  /** Bytes at an index as one number, up to eight; those behind them are nobody's business. */
  private static long bytes(ByteReader in, int at, int count) {
    return count == 0 ? 0 : ByteReader.int64(in.bytes, at) & (-1L >>> (Long.SIZE - 8 * count));
  }

  private static final class Last implements ValueReader {
    private final int width;
    private final ValueReader reader;
    private long key;
    private @Nullable Value value;

    Last(int width, ValueReader reader) {
      this.width = width;
      this.reader = reader;
    }

    @Override
    public Value read(ByteReader in) {
      if (in.bytes.length - in.position < Long.BYTES) {
        return reader.read(in);
      }
      long found = bytes(in, in.position, width);
      Value known = value;
      if (known != null && found == key) {
        in.position += width;
        return known;
      }
      Value read = reader.read(in);
      key = found;
      value = read;
      return read;
    }
  }

  private static final class Words implements ValueReader {
    private final int lengthBytes;
    private final MySqlCharsets.TextDecoder decoder;
    private final long[] keys = new long[WORDS];
    private final @Nullable Value[] values = new @Nullable Value[WORDS];

    Words(int lengthBytes, MySqlCharsets.TextDecoder decoder) {
      this.lengthBytes = lengthBytes;
      this.decoder = decoder;
    }

    @Override
    public Value read(ByteReader in) {
      int length = (int) in.unsigned(lengthBytes);
      if (length < 0 || length > LONGEST_WORD || in.bytes.length - in.position < Long.BYTES) {
        return decode(in, length);
      }
      long key = bytes(in, in.position, length) | ((long) length << (8 * LONGEST_WORD));
      int place = (int) ((key * SPREAD) >>> SPREAD_SHIFT);
      Value known = values[place];
      if (known != null && keys[place] == key) {
        in.position += length;
        return known;
      }
      Value read = decode(in, length);
      keys[place] = key;
      values[place] = read;
      return read;
    }

    private Value decode(ByteReader in, int length) {
      String text = decoder.decode(in.bytes, in.position, length);
      in.position += length;
      return Value.of(text);
    }
  }
}
