package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A server that runs as a child process of this JVM, in a directory of its own. */
final class NativeInstance implements Instance {

  private static final Logger LOG = LoggerFactory.getLogger(NativeInstance.class);
  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration CHILDREN_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration PROBE_PAUSE = Duration.ofMillis(25);
  private static final int PORT_TRIES = 3;
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final ServerProgram program;
  private final boolean shared;
  private final boolean fixedPort;
  private final Path home;
  private final Map<String, String> settings = new TreeMap<>();

  // All below: guarded by this.
  private int port;
  private boolean closed;
  private boolean startedBefore;
  private @Nullable Process process;
  private @Nullable Watchdog watchdog;

  private NativeInstance(ServerProgram program, ServerOptions options, boolean shared, Path home) {
    this.program = program;
    this.shared = shared;
    this.fixedPort = options.port() != 0;
    this.home = home;
    this.port = fixedPort ? options.port() : Ports.free();
    program.defaultSettings().forEach((k, v) -> settings.put(program.canonicalName(k), v));
    configure(options.settings());
  }

  /** Makes the server's directory; nothing runs yet. */
  static NativeInstance create(
      ServerKind kind, ServerProgram program, ServerOptions options, boolean shared) {
    try {
      Path home = newDirectory(kind.label());
      NativeInstance instance = new NativeInstance(program, options, shared, home);
      Instances.add(instance);
      try {
        if (options.dataFrom().isPresent()) {
          Files.delete(home);
          Trees.copy(options.dataFrom().get(), home);
        } else {
          program.initialize(home);
        }
      } catch (IOException | RuntimeException e) {
        instance.close();
        throw e;
      }
      return instance;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot set up " + program.description(), e);
    }
  }

  /**
   * Named so that a person who finds one knows whose it was. Short: socket paths end at 107
   * characters.
   */
  private static Path newDirectory(String label) throws IOException {
    String prefix =
        "millrace-"
            + label
            + "-"
            + ProcessHandle.current().pid()
            + "-"
            + NUMBERS.incrementAndGet()
            + "-";
    return Files.createTempDirectory(prefix).toRealPath();
  }

  @Override
  public String description() {
    return program.description();
  }

  @Override
  public String host() {
    return "127.0.0.1";
  }

  @Override
  public synchronized int port() {
    return port;
  }

  @Override
  public synchronized void configure(Map<String, String> changes) {
    changes.forEach((k, v) -> settings.put(program.canonicalName(k), v));
  }

  @Override
  public synchronized void start(Probe probe) {
    if (closed) {
      throw new IllegalStateException(this + " is closed");
    }
    if (isRunning()) {
      throw new IllegalStateException(this + " is running already");
    }
    long begin = System.nanoTime();
    for (int attempt = 1; ; attempt++) {
      try {
        launch();
        awaitReady(probe);
        startedBefore = true;
        LOG.info(
            "{} started in {} ms", this, Duration.ofNanos(System.nanoTime() - begin).toMillis());
        return;
      } catch (IOException e) {
        throw new UncheckedIOException("cannot start " + this, e);
      } catch (StartFailedException e) {
        kill();
        if (fixedPort || startedBefore || attempt == PORT_TRIES || !e.diedByItself) {
          throw e;
        }
        port =
            Ports.free(); // another process may have taken the port between the look and the start
      }
    }
  }

  private void launch() throws IOException {
    // In one order: of two options that contradict each other, the last one holds.
    List<String> command = program.command(home, port, new TreeMap<>(settings));
    Process started =
        new ProcessBuilder(command)
            .directory(home.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Shell.nullDevice()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
    process = started;
    Watchdog watching = Watchdog.over(started.pid(), home);
    watchdog = watching;
    if (shared) {
      Instances.addSharedPid(started.pid());
      Instances.addSharedPid(watching.pid());
    }
  }

  private void awaitReady(Probe probe) {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (true) {
      if (!isRunning()) {
        throw new StartFailedException(
            this + " ended while starting:\n" + Shell.tail(log()), true, null);
      }
      try {
        probe.check();
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StartFailedException("interrupted while starting " + this, false, e);
      } catch (Exception e) {
        if (System.nanoTime() > deadline) {
          throw new StartFailedException(
              this
                  + " does not answer after "
                  + START_TIMEOUT.toSeconds()
                  + " s: "
                  + e
                  + "\n"
                  + Shell.tail(log()),
              false,
              e);
        }
      }
      LockSupport.parkNanos(PROBE_PAUSE.toNanos());
      if (Thread.currentThread().isInterrupted()) {
        throw new StartFailedException("interrupted while starting " + this, false, null);
      }
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return process != null && process.isAlive();
  }

  @Override
  public synchronized void stop() {
    Process running = process;
    if (running != null && running.isAlive()) {
      Shell.signal("CONT", running.pid());
      Shell.signal(program.stopSignal(), running.pid());
      if (!ended(running, STOP_TIMEOUT)) {
        LOG.warn("{} did not stop within {} s: killed", this, STOP_TIMEOUT.toSeconds());
      }
    }
    kill();
  }

  @Override
  public synchronized void kill() {
    Process running = process;
    if (running != null) {
      List<ProcessHandle> tree = running.descendants().toList();
      running.destroyForcibly();
      tree.forEach(ProcessHandle::destroyForcibly);
      if (!ended(running, STOP_TIMEOUT)) {
        throw new IllegalStateException(this + " survived SIGKILL");
      }
      awaitEnd(tree);
      process = null;
    }
    if (watchdog != null) {
      watchdog.dismiss();
      watchdog = null;
    }
  }

  @Override
  public void pause() {
    signalTree("STOP");
  }

  @Override
  public void resume() {
    signalTree("CONT");
  }

  private synchronized void signalTree(String signal) {
    Process running = process;
    if (running == null || !running.isAlive()) {
      throw new IllegalStateException(this + " is not running");
    }
    Shell.signal(signal, running.pid());
    running.descendants().forEach(child -> Shell.signal(signal, child.pid()));
  }

  @Override
  public synchronized Path copyData() {
    if (isRunning()) {
      throw new IllegalStateException("stop " + this + " before copying its data");
    }
    try {
      Path copy = newDirectory("copy");
      Files.delete(copy);
      Trees.copy(home, copy);
      return TemporaryFiles.deleteAtExit(copy);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot copy the data of " + this, e);
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    kill();
    Instances.remove(this);
    try {
      Trees.delete(home);
    } catch (IOException e) {
      LOG.warn("cannot remove {}: {}", home, e.toString());
    }
  }

  private Path log() {
    return home.resolve("server.log");
  }

  private static boolean ended(Process process, Duration timeout) {
    try {
      return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }

  /**
   * Children of a killed server end soon after it; their last writes must not race with a deletion.
   */
  private static void awaitEnd(List<ProcessHandle> tree) {
    long deadline = System.nanoTime() + CHILDREN_TIMEOUT.toNanos();
    while (tree.stream().anyMatch(ProcessHandle::isAlive) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(PROBE_PAUSE.toNanos());
    }
  }

  @Override
  public String toString() {
    return program.description() + " on port " + port + " in " + home;
  }

  private static final class StartFailedException extends IllegalStateException {
    private static final long serialVersionUID = 1L;
    final boolean diedByItself;

    StartFailedException(String message, boolean diedByItself, @Nullable Exception cause) {
      super(message, cause);
      this.diedByItself = diedByItself;
    }
  }
}
