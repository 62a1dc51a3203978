package io.millrace.cdc.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

final class VersionTest {
  private static Version version(long epoch, long coordinate) {
    return Version.of(epoch, ByteBuffer.allocate(8).putLong(coordinate).array());
  }

  @Property
  void the_epoch_decides_before_the_coordinate(
      @ForAll @LongRange(min = 0) long epoch,
      @ForAll @LongRange(min = 0) long otherEpoch,
      @ForAll long coordinate,
      @ForAll long otherCoordinate) {
    int expected =
        epoch != otherEpoch
            ? Long.compare(epoch, otherEpoch)
            : Long.compareUnsigned(coordinate, otherCoordinate);
    Version one = version(epoch, coordinate);
    Version other = version(otherEpoch, otherCoordinate);
    assertThat(Integer.signum(one.compareTo(other))).isEqualTo(Integer.signum(expected));
    assertThat(Integer.signum(one.toHex().compareTo(other.toHex())))
        .isEqualTo(Integer.signum(expected));
    assertThat(one.epoch()).isEqualTo(epoch);
  }

  @Property
  void bytes_give_the_version_back(@ForAll("versions") Version version) {
    assertThat(Version.fromBytes(version.toBytes()))
        .isEqualTo(version)
        .hasSameHashCodeAs(version)
        .isEqualByComparingTo(version);
    assertThat(Version.wrap(version.toBytes())).isEqualTo(version);
  }

  @Provide
  Arbitrary<Version> versions() {
    return EventArbitraries.versions();
  }

  @Test
  void a_large_epoch_is_above_every_smaller_one() {
    assertThat(version(Long.MAX_VALUE, 0)).isGreaterThan(version(1_767_323_045L, -1));
    assertThat(version(Long.MAX_VALUE, 0).toHex()).isEqualTo("7fffffffffffffff0000000000000000");
  }

  @Test
  void what_is_no_version_is_refused() {
    assertThatThrownBy(() -> Version.of(-1, new byte[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
    assertThatThrownBy(() -> Version.fromBytes(new byte[7]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 7");
    assertThatThrownBy(
            () -> Version.fromBytes(ByteBuffer.allocate(8).putLong(Long.MIN_VALUE).array()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("negative");
  }

  @Test
  void a_version_does_not_follow_the_arrays_around_it() {
    byte[] coordinate = {1};
    Version version = Version.of(1, coordinate);
    coordinate[0] = 2;
    version.toBytes()[8] = 3;
    assertThat(version).isEqualTo(Version.of(1, new byte[] {1}));
  }
}
