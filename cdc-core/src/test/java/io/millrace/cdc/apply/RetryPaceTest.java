package io.millrace.cdc.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RetryPaceTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final RetryPace pace = new RetryPace(Duration.ofSeconds(1), 0);

  @Test
  void the_first_retry_is_due_at_once() {
    assertThat(pace.due(0)).isTrue();
  }

  @Test
  void with_nothing_else_to_do_the_interval_decides() {
    retry(0, 2 * SECOND);

    assertThat(pace.due(2 * SECOND + SECOND / 2)).isFalse();
    assertThat(pace.due(3 * SECOND)).isTrue();
  }

  @Test
  void a_short_retry_follows_soon_on_what_was_applied() {
    retry(0, SECOND / 1000);
    pace.delivered(SECOND / 1000);

    assertThat(pace.due(SECOND / 100)).isFalse();
    assertThat(pace.due(SECOND / 10)).isTrue();
  }

  @Test
  void long_retries_leave_most_of_the_time_to_deliveries() {
    retry(0, 2 * SECOND);
    pace.delivered(4 * SECOND);

    assertThat(pace.due(4 * SECOND + SECOND / 2)).isFalse();
    pace.delivered(22 * SECOND);
    assertThat(pace.due(22 * SECOND)).isTrue();
  }

  @Test
  void once_the_deliveries_have_ended_the_interval_decides() {
    retry(0, 2 * SECOND);
    pace.delivered(4 * SECOND);

    assertThat(pace.due(5 * SECOND)).isTrue();
  }

  @Test
  void what_a_retry_got_through_does_not_put_off_the_next() {
    retry(0, 2 * SECOND);
    pace.gotThrough();

    assertThat(pace.due(3 * SECOND)).isTrue();
  }

  private void retry(long begun, long ended) {
    pace.begins();
    pace.ended(begun, ended);
  }
}
