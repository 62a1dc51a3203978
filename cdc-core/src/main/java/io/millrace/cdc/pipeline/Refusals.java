package io.millrace.cdc.pipeline;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Events that the transport gave up on after it had taken them. The session ends then, and this
 * tells the next one, so that it holds them instead of trying them again. Capture thread only.
 */
final class Refusals {
  /** What is forgotten is refused once more, and remembered again. */
  private static final int MOST = 1_000;

  private final Map<String, Refusal> known =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Refusal> eldest) {
          return size() > MOST;
        }
      };

  private record Refusal(String error, long atNanos) {}

  boolean none() {
    return known.isEmpty();
  }

  void add(String what, String error) {
    known.put(what, new Refusal(error, System.nanoTime()));
  }

  /** Why it was refused; null where it was not. */
  @Nullable String of(String what) {
    Refusal refusal = known.get(what);
    return refusal == null ? null : refusal.error();
  }

  /** Why it was refused within that time; null where it was not. */
  @Nullable String within(long nanos, String what) {
    Refusal refusal = known.get(what);
    return refusal == null || System.nanoTime() - refusal.atNanos() >= nanos
        ? null
        : refusal.error();
  }

  void forget(String what) {
    known.remove(what);
  }
}
