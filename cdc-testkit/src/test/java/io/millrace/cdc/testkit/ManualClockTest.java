package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

final class ManualClockTest {

  private final ManualClock clock = ManualClock.at("2026-01-01T00:00:00Z");

  @Test
  void it_stands_still_until_it_is_moved() {
    assertThat(clock.instant()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(clock.advance(Duration.ofMillis(1500))).isEqualTo("2026-01-01T00:00:01.500Z");
    assertThat(clock.advance(Duration.ofMillis(-1500))).isEqualTo("2026-01-01T00:00:00Z");
    clock.set(Instant.EPOCH);
    assertThat(clock.millis()).isZero();
  }

  @Test
  void a_view_in_another_zone_moves_along() {
    Clock view = clock.withZone(ZoneId.of("Asia/Tokyo"));
    clock.advance(Duration.ofHours(1));
    assertThat(view.instant()).isEqualTo(clock.instant());
    assertThat(view.getZone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
  }
}
