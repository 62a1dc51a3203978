package io.millrace.cdc.event;

import io.millrace.cdc.internal.Check;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Where a change stands in its log: ordered bytes made of an epoch (8 bytes), a coordinate in the
 * log and an ordinal.
 *
 * <p>Versions compare as unsigned bytes, and only within one log. A version is a function of the
 * log alone, never of filters or of how many events were sent. Immutable.
 */
public final class Version implements Comparable<Version> {
  private final byte[] bytes;

  private Version(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A version of an epoch and the log's own coordinate.
   *
   * @param epoch rises whenever the log's identity changes; not negative
   * @param coordinate bytes that order the changes of one epoch when compared unsigned; copied
   */
  public static Version of(long epoch, byte[] coordinate) {
    Check.argument(epoch >= 0, "epoch must not be negative, got %s", epoch);
    return new Version(
        ByteBuffer.allocate(8 + coordinate.length).putLong(epoch).put(coordinate).array());
  }

  /** The version written by {@link #toBytes()}; at least 8 bytes; copied. */
  public static Version fromBytes(byte[] bytes) {
    return wrap(bytes.clone());
  }

  /** As {@link #fromBytes}, of an array that the caller gives away and never touches again. */
  public static Version wrap(byte[] bytes) {
    if (bytes.length < 8) {
      Check.argument(false, "a version has at least 8 bytes, got %s", bytes.length);
    }
    Check.argument(bytes[0] >= 0, "the epoch of a version must not be negative");
    return new Version(bytes);
  }

  /** The version that {@link #toHex} wrote. */
  public static Version fromHex(String hex) {
    return fromBytes(HexFormat.of().parseHex(hex));
  }

  /** The epoch it was made in. */
  public long epoch() {
    return ByteBuffer.wrap(bytes).getLong();
  }

  /** A copy of the bytes. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /** Number of bytes. */
  public int length() {
    return bytes.length;
  }

  /** Lower-case hexadecimal text that sorts as the versions of one length do. */
  public String toHex() {
    return HexFormat.of().formatHex(bytes);
  }

  @Override
  public int compareTo(Version other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Version version && Arrays.equals(bytes, version.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return toHex();
  }
}
