package io.millrace.examples.monolith;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Where one rule of the library is broken, the judge must see it: controls of the main job. */
@NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB, ServerKind.KAFKA})
class ControlTest {
  private static final int EARLY_DEATHS = 4;

  /** With sessions that end soon, as {@link CrashProcess} wants them. */
  private static KafkaServer kafka;

  @BeforeAll
  static void startKafka() {
    kafka =
        KafkaServer.startDedicated(
            ServerOptions.defaults().with("group.min.session.timeout.ms", "1000"));
  }

  @AfterAll
  static void stopKafka() {
    kafka.close();
  }

  @Test
  void with_positions_saved_before_the_acknowledgements_the_judge_finds_lost_changes()
      throws Exception {
    Summary summary = run(new SavedEarly(), Long.MAX_VALUE, 50);

    assertThat(summary.verdict().lost()).isPositive();
    assertThat(summary.good()).isFalse();
  }

  @Test
  void with_the_echo_rule_off_at_postgresql_the_judge_finds_echoes() throws Exception {
    Summary summary =
        run(
            new Broken(BrokenRule.NONE) {
              @Override
              public void ready(Sites sites) {
                // Fires before the change log's trigger, which then takes the row for a local one.
                Database database = sites.database("service");
                database.execute(
                    """
                    CREATE FUNCTION forget_origin() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                      PERFORM set_config('millrace.origin', '', true);
                      RETURN coalesce(NEW, OLD);
                    END $$""");
                for (String table : List.of("customer", "\"order\"", "order_line")) {
                  database.execute(
                      "CREATE TRIGGER forget_origin BEFORE INSERT OR UPDATE OR DELETE ON "
                          + table
                          + " FOR EACH ROW EXECUTE FUNCTION forget_origin()");
                }
              }
            });

    assertThat(summary.verdict().echoes()).isPositive();
    assertThat(summary.good()).isFalse();
  }

  @Test
  void with_the_echo_rule_off_at_mariadb_the_judge_finds_echoes() throws Exception {
    Summary summary =
        run(
            new Broken(BrokenRule.NONE) {
              @Override
              public void ready(Sites sites) {
                // The binary log names the table behind the view, which is no ledger to the reader.
                sites
                    .database("monolith")
                    .execute(
                        "RENAME TABLE millrace_ledger TO unknown_ledger",
                        "CREATE VIEW millrace_ledger AS SELECT * FROM unknown_ledger");
              }
            });

    assertThat(summary.verdict().echoes()).isPositive();
    assertThat(summary.good()).isFalse();
  }

  @Test
  void with_own_events_skipped_the_judge_finds_rows_that_differ() throws Exception {
    Summary summary = run(new Broken(BrokenRule.OWN_EVENTS_SKIPPED));

    assertThat(summary.verdict().lost()).isZero();
    assertThat(summary.equal()).isFalse();
    assertThat(summary.good()).isFalse();
  }

  @Test
  void with_no_rule_broken_the_same_run_is_good() throws Exception {
    assertThat(run(new Broken(BrokenRule.NONE)).good()).isTrue();
  }

  private static Summary run(Course course) throws Exception {
    return run(course, 1_500, 200);
  }

  private static Summary run(Course course, long changes, int rate) throws Exception {
    long seed = Long.getLong("millrace.seed", System.nanoTime() % 1_000_000);
    System.out.println("control, repeat with -Dmillrace.seed=" + seed);
    Options options = new Options("mariadb", changes, 300, rate, seed, 0, false, false);
    Summary summary =
        MonolithSync.run(
            options, new PrintStream(System.out, true, StandardCharsets.UTF_8), course);
    System.out.println(summary.text());
    return summary;
  }

  /** Both sides run with the same broken rule. */
  private static class Broken implements Course {
    private final BrokenRule rule;

    Broken(BrokenRule rule) {
      this.rule = rule;
    }

    @Override
    public KafkaServer kafka() {
      return kafka;
    }

    @Override
    public SyncSide start(Sites sites, String side) throws IOException {
      return SyncSide.start(
          sites.launch(side, CrashProcess.class.getName()).with(List.of(rule.name())));
    }

    @Override
    public int quietSeconds() {
      return 4;
    }
  }

  /** Dies a few times with changes in hand that were read and not yet published. */
  private static final class SavedEarly extends Broken {
    SavedEarly() {
      super(BrokenRule.SAVED_EARLY);
    }

    @Override
    public Companion accompany(Sites sites, SyncSide left, SyncSide right, Load load) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < EARLY_DEATHS; i++) {
                    SyncSide side = i % 2 == 0 ? left : right;
                    side.restart(
                            CrashCourse.AT_RANDOM,
                            List.of("fuse=" + Fuse.argument(CrashPoint.READ, 0, 5)))
                        .awaitEnd(60_000);
                  }
                  for (SyncSide side : List.of(left, right)) {
                    side.restart(CrashPoint.READ.cause(side.name()), List.of());
                  }
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                } finally {
                  load.stop();
                }
              },
              "control-crashes");
      thread.start();
      return thread::join;
    }
  }
}
