package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Job;
import io.millrace.benchmarks.protocol.Reading;
import io.millrace.benchmarks.protocol.Stage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A contestant's JVM. Not thread-safe. */
final class ContestantProcess implements AutoCloseable {
  private static final String ENDED = "ended";

  private final Contestant contestant;
  private final Path log;
  private final Process process;
  private final PrintWriter commands;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  private ContestantProcess(Contestant contestant, Path log, Process process) {
    this.contestant = contestant;
    this.log = log; // relative: where the project lies is nobody's business
    this.process = process;
    this.commands = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
    Thread listener = new Thread(this::listen, "benchmark-" + contestant.fileName());
    listener.setDaemon(true);
    listener.start();
  }

  /** Starts it and returns at once. */
  static ContestantProcess start(Path home, Contestant contestant, Job job, int heapMegabytes)
      throws IOException {
    Files.createDirectories(job.directory());
    Path log = job.directory().resolve("log");
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(
        List.of(
            "-Xmx" + heapMegabytes + "m",
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError", // in place of a thread that is missing from then on
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            contestant.team().classPath(home).stream()
                .map(Path::toString)
                .collect(Collectors.joining(java.io.File.pathSeparator)),
            contestant.team().mainClass()));
    command.addAll(job.toArguments());
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    return new ContestantProcess(contestant, home.relativize(log), process);
  }

  /** Waits until it has said that it is ready. */
  void awaitReady(Duration patience) throws InterruptedException {
    await(Stage.READY, patience);
  }

  /** Lets it note where the log stands. */
  void prepare(Duration patience) throws InterruptedException {
    commands.println(Stage.PREPARE);
    await(Stage.READY, patience);
  }

  /** Begins a round. */
  void begin(int round) {
    commands.println(Stage.ROUND + round);
  }

  /** Waits until the round waits for rows. */
  void awaitListening(Duration patience) throws InterruptedException {
    await(Stage.LISTENING, patience);
  }

  /** What the round took. */
  Reading reading(Duration patience) throws InterruptedException {
    String line = next(patience);
    if (!Reading.isReading(line)) {
      throw failure("said '" + line + "'");
    }
    return Reading.parse(line);
  }

  /** Ends it at once. */
  void kill() {
    process.destroyForcibly();
  }

  /** The operating system's number of its process. */
  long pid() {
    return process.pid();
  }

  private void await(String word, Duration patience) throws InterruptedException {
    String line = next(patience);
    if (!line.equals(word)) {
      throw failure("said '" + line + "' in place of '" + word + "'");
    }
  }

  private String next(Duration patience) throws InterruptedException {
    String line = answers.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
    if (line == null) {
      throw failure("said nothing for " + patience.toSeconds() + " s");
    }
    return line;
  }

  private ContestantFailure failure(String what) {
    return new ContestantFailure(contestant.name() + " " + what + "; its log: " + log);
  }

  private void listen() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        answers.add(line);
      }
    } catch (IOException e) {
      answers.add(e.toString());
    }
    answers.add(ENDED);
  }

  /** Ends it: politely, and by force after ten seconds. */
  @Override
  public void close() throws InterruptedException {
    commands.close();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
