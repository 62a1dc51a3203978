package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long a meeting is remembered. */
class MeetingsTest {
  @Test
  void a_meeting_is_remembered_for_a_minute() {
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    Meetings meetings = new Meetings(nanos::get);
    assertFalse(meetings.lately());
    meetings.met();
    assertTrue(meetings.lately());
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(59));
    assertTrue(meetings.lately());
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertFalse(meetings.lately());
    meetings.met();
    assertTrue(meetings.lately());
  }
}
