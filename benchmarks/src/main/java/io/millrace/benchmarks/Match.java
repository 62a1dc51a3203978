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
 * Contestants that do the same in turns. Each has one JVM for the whole match; the first round
 * warms it up and does not count. Who goes first changes from round to round. One that fails is
 * out, and the report says why.
 */
final class Match implements AutoCloseable {
  private final Bench bench;
  private final String workload;
  private final List<Player> players = new ArrayList<>();

  Match(Bench bench, String workload) {
    this.bench = bench;
    this.workload = workload;
  }

  /** What the harness does while a contestant has its turn. */
  @FunctionalInterface
  interface Turn {
    /** The round has begun; answers how long each row took, {@link Latencies#NONE} if not known. */
    Latencies during(Player player, int round) throws Exception;
  }

  /** Starts a contestant's JVM. */
  void enter(Contestant contestant, int events, Place from, Place to, String table)
      throws IOException, InterruptedException {
    Path directory = bench.options().work(workload, contestant);
    delete(directory);
    Job job = new Job(contestant.task(), contestant.style(), events, directory, from, to, table);
    ContestantProcess process =
        ContestantProcess.start(
            bench.options().home(), contestant, job, bench.options().heapMegabytes());
    Player player = new Player(contestant, job, process, bench.progress());
    players.add(player);
    player.attempt(() -> process.awaitReady(Player.PATIENCE));
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
    for (int i = 0; i <= bench.options().rounds(); i++) {
      int round = i;
      List<Player> order = new ArrayList<>(players);
      if (round % 2 == 1) {
        Collections.reverse(order);
      }
      for (Player player : order) {
        player.attempt(
            () -> {
              player.process().begin(round);
              Latencies times = turn.during(player, round);
              player.note(round, player.process().reading(Player.PATIENCE), times);
            });
      }
    }
  }

  /** What came out, in the order of entry. */
  List<Series> series() {
    return players.stream().map(Player::series).toList();
  }

  private static void delete(Path directory) throws IOException {
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
