package io.millrace.examples.monolith;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The main job, whose JVMs die again and again: at random moments, and at every point where a
 * position, an acknowledgement, a commit or a lease hangs in the air.
 *
 * <p>{@code -Dmillrace.seed=N} replays the choices, {@code -Dmillrace.crash.hits=N} (default 5) and
 * {@code -Dmillrace.crash.random=N} (default 8) make it longer or shorter.
 */
class CrashTest {
  private static final int HITS = Integer.getInteger("millrace.crash.hits", 5);

  /** Unless more are asked for, each point once: the other test has the rest of the time. */
  private static final int DOCUMENT_HITS = Integer.getInteger("millrace.crash.hits", 1);

  private static final int RANDOM_MOMENTS = Integer.getInteger("millrace.crash.random", 8);

  @Test
  @NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB, ServerKind.KAFKA})
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void nothing_is_lost_or_echoed_and_both_sides_end_equal_wherever_a_jvm_dies() throws Exception {
    dies("mariadb", HITS, RANDOM_MOMENTS);
  }

  @Test
  @NeedsServer({ServerKind.POSTGRES, ServerKind.MONGO, ServerKind.KAFKA})
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void nor_where_the_monolith_keeps_documents() throws Exception {
    dies("mongo", Math.min(HITS, DOCUMENT_HITS), Math.min(RANDOM_MOMENTS, DOCUMENT_HITS));
  }

  private static void dies(String monolith, int hits, int randomMoments) throws Exception {
    long seed = Long.getLong("millrace.seed", System.nanoTime() % 1_000_000);
    System.out.println("crash test, repeat with -Dmillrace.seed=" + seed);
    Options options = new Options(monolith, Long.MAX_VALUE, 1_200, 25, seed, 60, false, false);
    Summary summary;
    try (KafkaServer kafka =
        KafkaServer.startDedicated(
            ServerOptions.defaults().with("group.min.session.timeout.ms", "1000"))) {
      summary =
          MonolithSync.run(
              options,
              new PrintStream(System.out, true, StandardCharsets.UTF_8),
              new CrashCourse(kafka, seed, hits, randomMoments));
    }
    System.out.println(summary.text());

    assertThat(summary.verdict().examples()).isEmpty();
    assertThat(summary.differences()).isEmpty();
    assertThat(summary.verdict().lost()).isZero();
    assertThat(summary.verdict().echoes()).isZero();
    assertThat(summary.verdict().consequences()).isZero();
    assertThat(summary.held()).isZero();
    assertThat(summary.kills()).isGreaterThanOrEqualTo(4 * hits);
    for (String side : new String[] {"monolith", "service"}) {
      for (CrashPoint point : CrashPoint.values()) {
        if (point.isAt(side)) {
          assertThat(summary.deaths())
              .hasEntrySatisfying(
                  point.cause(side), times -> assertThat(times).isGreaterThanOrEqualTo(hits));
        }
      }
    }
  }
}
