package io.millrace.examples.monolith;

import io.millrace.cdc.testkit.KafkaServer;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A run in which the JVMs that sync die where {@link CrashPlan} says, until it is fulfilled. */
final class CrashCourse implements Course {
  static final String AT_RANDOM = "at a random moment";
  static final String BOTH = "both sides at once, at a random moment";

  private static final long REACH_MILLIS = 40_000;

  private final KafkaServer kafka;
  private final long seed;
  private final int hits;
  private final int randomMoments;
  private final Map<String, Refusal> refusals = new HashMap<>();

  /**
   * A course.
   *
   * @param hits how often each point is hit at least
   * @param randomMoments how many deaths besides
   */
  CrashCourse(KafkaServer kafka, long seed, int hits, int randomMoments) {
    this.kafka = kafka;
    this.seed = seed;
    this.hits = hits;
    this.randomMoments = randomMoments;
  }

  @Override
  public KafkaServer kafka() {
    return kafka;
  }

  @Override
  public SyncSide start(Sites sites, String side) throws IOException {
    refusals.put(side, Refusal.install(sites.site(side)));
    return SyncSide.start(sites.launch(side, CrashProcess.class.getName()));
  }

  @Override
  public Companion accompany(Sites sites, SyncSide left, SyncSide right, Load load) {
    Fate first = new Fate(left, right, new Random(seed));
    Fate second = new Fate(right, left, new Random(seed + 1));
    first.fellow = second;
    second.fellow = first;
    Thread end =
        new Thread(
            () -> {
              first.await();
              second.await();
              load.stop();
            },
            "crash-end");
    first.thread.start();
    second.thread.start();
    end.start();
    return () -> {
      first.ended = true;
      second.ended = true;
      end.join();
      for (Fate fate : List.of(first, second)) {
        if (fate.failure != null) {
          throw new IllegalStateException(
              "The crashing ended early: " + fate.failure, fate.failure);
        }
      }
    };
  }

  /** One side's lives. */
  private final class Fate {
    private final SyncSide side;
    private final SyncSide other;
    private final Random random;
    private final Deque<CrashPlan.End> plan;
    private final Refusal refusal;
    private final Thread thread;
    private volatile boolean ended;
    private volatile boolean done;
    private Fate fellow = this;
    private volatile @Nullable Exception failure;

    /** What ended the life before, or will end it when the next begins. */
    private String cause = AT_RANDOM;

    Fate(SyncSide side, SyncSide other, Random random) {
      this.side = side;
      this.other = other;
      this.random = random;
      this.plan = new ArrayDeque<>(CrashPlan.make(side.name(), random, hits, randomMoments));
      this.refusal = java.util.Objects.requireNonNull(refusals.get(side.name()));
      this.thread = new Thread(this::run, "crash-" + side.name());
    }

    void await() {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void run() {
      try {
        Thread.sleep(random.nextInt(2_000));
        while (!plan.isEmpty() && !ended) {
          live(plan.poll());
        }
        done = true;
        restart(List.of());
        guard();
        side.awaitReady(120);
      } catch (InterruptedException | IOException | RuntimeException e) {
        failure = e;
      } finally {
        done = true;
        refusal.off();
      }
    }

    /** The other side's plan may have both die yet. */
    private void guard() throws IOException, InterruptedException {
      boolean over;
      do {
        over = fellow.done;
        OptionalInt status = side.current().awaitEnd(100);
        if (status.isPresent()) {
          shot(side.current(), status.getAsInt());
          restart(List.of());
        }
      } while (!over);
    }

    private SyncJvm restart(List<String> arguments) throws IOException, InterruptedException {
      System.out.printf("%s died: %s; its next life: %s%n", side.name(), cause, arguments);
      return side.restart(cause, arguments);
    }

    private void live(CrashPlan.End end) throws IOException, InterruptedException {
      boolean done;
      if (end.point() == CrashPoint.TAKE_OVER) {
        done = takeOver(end);
      } else if (end.point() != null) {
        done = dieAt(end, end.point());
      } else {
        done = dieAtRandom(end);
      }
      if (!done) {
        plan.add(end.sooner());
      }
    }

    private boolean dieAt(CrashPlan.End end, CrashPoint point)
        throws IOException, InterruptedException {
      if (point == CrashPoint.HELD) {
        refusal.on();
      }
      SyncJvm jvm = restart(end.arguments());
      if (point != CrashPoint.HELD) {
        // What was held waits for some time in the next life, too.
        Thread.sleep(random.nextInt(500));
        refusal.off();
      }
      OptionalInt status = jvm.awaitEnd(REACH_MILLIS);
      cause = AT_RANDOM;
      if (status.isEmpty()) {
        return false;
      }
      if (status.getAsInt() == point.status()) {
        cause = point.cause(side.name());
        return true;
      }
      shot(jvm, status.getAsInt());
      return false;
    }

    private boolean dieAtRandom(CrashPlan.End end) throws IOException, InterruptedException {
      SyncJvm jvm = restart(List.of());
      refusal.off();
      OptionalInt status = jvm.awaitEnd(end.millis());
      cause = end.flag() ? BOTH : AT_RANDOM;
      if (status.isPresent()) {
        shot(jvm, status.getAsInt());
      } else if (end.flag()) {
        jvm.shoot();
        other.current().shoot();
      }
      return true;
    }

    /** A second instance stands by, the first is killed or paused, the second dies on its way. */
    private boolean takeOver(CrashPlan.End end) throws IOException, InterruptedException {
      SyncJvm first = restart(List.of());
      refusal.off();
      cause = AT_RANDOM;
      SyncJvm second =
          SyncJvm.start(side.launch().with(end.arguments()).with(List.of(CrashProcess.STANDBY)));
      try {
        OptionalInt status = second.awaitEnd(1);
        while (status.isEmpty() && !(first.isReady() && second.number("standby") == 1)) {
          if (!first.isAlive()) {
            shot(first, first.awaitEnd(1_000).orElse(0));
            return false;
          }
          status = second.awaitEnd(20);
        }
        Thread.sleep(random.nextInt(500));
        if (end.flag()) {
          signal("STOP", first);
        } else {
          first.shoot();
        }
        status = second.awaitEnd(end.place() < 3 ? REACH_MILLIS : 3_000);
        if (end.flag()) {
          signal("CONT", first); // while the second works, or after it has died
        }
        if (status.isEmpty()) {
          status = second.awaitEnd(REACH_MILLIS);
        }
        boolean done = status.isPresent() && status.getAsInt() == CrashPoint.TAKE_OVER.status();
        if (done) {
          side.died(CrashPoint.TAKE_OVER.cause(side.name()));
        } else if (status.isPresent()) {
          throw new IllegalStateException(
              "The %s's second instance ended with status %d; see %s"
                  .formatted(side.name(), status.getAsInt(), second.log()));
        }
        first.awaitEnd(random.nextInt(2_000));
        return done;
      } finally {
        second.kill();
      }
    }

    /** What died without its fuse was shot by the other side's fate, or something is wrong. */
    private void shot(SyncJvm jvm, int status) {
      if (status != 137) {
        throw new IllegalStateException(
            "The %s's sync ended by itself with status %d; see %s"
                .formatted(side.name(), status, jvm.log()));
      }
      cause = BOTH;
    }
  }

  private static void signal(String name, SyncJvm jvm) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(jvm.pid())).start().waitFor();
  }
}
