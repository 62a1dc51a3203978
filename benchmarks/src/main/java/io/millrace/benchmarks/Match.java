package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Place;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Contestants that do the same in turns. Each has one JVM for the whole match; its first rounds, as
 * many as its warm-up takes, do not count. Who goes first changes from round to round. One that
 * fails is out, and the report says why.
 */
final class Match implements AutoCloseable {
  /** So many rounds warm anything up. */
  static final int MOST_WARM_UPS = 40;

  private final Bench bench;
  private final String workload;
  private final int heapMegabytes;
  private final List<Player> players = new ArrayList<>();
  private double longestWarmUp = Double.MAX_VALUE;
  private int turns;

  Match(Bench bench, String workload) {
    this(bench, workload, bench.options().heapMegabytes());
  }

  Match(Bench bench, String workload, int heapMegabytes) {
    this.bench = bench;
    this.workload = workload;
    this.heapMegabytes = heapMegabytes;
  }

  /** What the harness does while a contestant has its turn. */
  @FunctionalInterface
  interface Turn {
    /**
     * The round has begun; answers how long each row took, {@link Latencies#NONE} if not known.
     *
     * @param number counts all turns of the match from 0, so that no two write the same rows
     */
    Latencies during(Player player, int number) throws Exception;
  }

  /** One round is enough to warm up, however short it is. */
  Match warmingUpOnce() {
    longestWarmUp = 0;
    return this;
  }

  /** Starts a contestant's JVM. */
  void enter(Contestant contestant, int events, Place from, Place to, String table)
      throws IOException, InterruptedException {
    enter(contestant, events, from, to, table, "");
  }

  /** The same, with the address of a Kafka broker. */
  void enter(Contestant contestant, int events, Place from, Place to, String table, String broker)
      throws IOException, InterruptedException {
    Path directory = bench.options().work(workload, contestant);
    delete(directory);
    Job job =
        new Job(contestant.task(), contestant.style(), events, directory, from, to, table, broker);
    ContestantProcess process =
        ContestantProcess.start(bench.options().home(), contestant, job, heapMegabytes);
    Player player = new Player(contestant, job, process, bench.progress());
    players.add(player);
    player.attempt(() -> process.awaitReady(Player.PATIENCE));
  }

  /** So many turns there are at most: how often a contestant warms up shows only then. */
  int mostTurns(int contestants) {
    return contestants * ((leastWarmUp() <= 0 ? 1 : MOST_WARM_UPS) + bench.options().rounds());
  }

  /** Lets all note where the log stands. */
  void prepare() throws InterruptedException {
    for (Player player : players) {
      player.attempt(() -> player.process().prepare(Player.PATIENCE));
    }
  }

  /** All rounds, where the harness has nothing to do. */
  void play() throws InterruptedException {
    play((player, round) -> Latencies.NONE);
  }

  /** All rounds. */
  void play(Turn turn) throws InterruptedException {
    for (Player player : players) {
      warmUp(player, turn);
    }
    for (int i = 1; i <= bench.options().rounds(); i++) {
      int round = i;
      List<Player> order = new ArrayList<>(players);
      if (round % 2 == 0) {
        Collections.reverse(order);
      }
      for (Player player : order) {
        player.attempt(() -> player.note(round, turn(player, turn)));
      }
    }
  }

  private double leastWarmUp() {
    return Math.min(bench.options().warmUpSeconds(), longestWarmUp);
  }

  private void warmUp(Player player, Turn turn) throws InterruptedException {
    double least = leastWarmUp();
    for (int i = 0; i < MOST_WARM_UPS && (i == 0 || player.warmUpSeconds() < least); i++) {
      player.attempt(() -> player.note(0, turn(player, turn)));
    }
  }

  private Latencies turn(Player player, Turn turn) throws Exception {
    int number = turns++;
    player.process().begin(number);
    return turn.during(player, number);
  }

  /** What came out, in the order of entry. */
  List<Series> series() {
    return players.stream().map(Player::series).toList();
  }

  /** Removes a directory with all that is in it. */
  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(Match::deleteOne);
    }
  }

  private static void deleteOne(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    for (Player player : players) {
      player.process().close();
    }
  }
}
