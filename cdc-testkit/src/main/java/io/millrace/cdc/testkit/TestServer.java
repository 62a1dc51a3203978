package io.millrace.cdc.testkit;

import java.nio.file.Path;

/**
 * A real server for tests. Two sorts: the <em>shared</em> one of this JVM, which no test may stop,
 * and <em>dedicated</em> ones, which belong to whoever started them and must be closed.
 *
 * <p>Thread-safe.
 */
public abstract sealed class TestServer implements AutoCloseable
    permits SqlServer, KafkaServer, MongoServer {

  private final ServerKind kind;
  private final Instance instance;
  private final boolean shared;

  TestServer(ServerKind kind, Instance instance, boolean shared) {
    this.kind = kind;
    this.instance = instance;
    this.shared = shared;
  }

  /** Which server this is. */
  public final ServerKind kind() {
    return kind;
  }

  /** What runs and where it came from, for people. */
  public final String description() {
    return instance.description();
  }

  /** The host it listens on. */
  public final String host() {
    return instance.host();
  }

  /** The TCP port it listens on; the same after a restart. */
  public final int port() {
    return instance.port();
  }

  /** Whether its process runs. */
  public final boolean isRunning() {
    return instance.isRunning();
  }

  /**
   * Stops it in order, connected clients or not, and keeps its data.
   *
   * @throws IllegalStateException on a shared server
   */
  public final void stop() {
    Instance stopping = dedicated();
    beforeStop();
    stopping.stop();
  }

  /**
   * Ends it and its children with SIGKILL and keeps its data.
   *
   * @throws IllegalStateException on a shared server
   */
  public final void kill() {
    dedicated().kill();
  }

  /**
   * Starts it again on the same data and port, and returns when it answers.
   *
   * @throws IllegalStateException on a shared server, or when it runs or does not come up (the
   *     message carries the end of its log)
   */
  public final void start() {
    dedicated().start(this::probe);
  }

  /**
   * Freezes it with SIGSTOP: connections stay open and nothing answers. It must be resumed, stopped
   * or killed afterwards.
   *
   * @throws IllegalStateException on a shared server or one that does not run
   */
  public final void pause() {
    dedicated().pause();
  }

  /**
   * Ends {@link #pause()}.
   *
   * @throws IllegalStateException on a shared server or one that does not run
   */
  public final void resume() {
    dedicated().resume();
  }

  /**
   * Changes a setting from the next {@link #start()} on; names as in {@link ServerOptions}.
   *
   * @throws IllegalStateException on a shared server
   */
  public final void configure(String setting, String value) {
    dedicated().configure(java.util.Map.of(setting, value));
  }

  /**
   * Copies the files of this stopped server, as a cold backup. Start another server from the copy
   * with {@link ServerOptions#withDataFrom(Path)}. The copy goes when the JVM does.
   *
   * @throws IllegalStateException on a shared server or one that runs
   */
  public final Path copyData() {
    return dedicated().copyData();
  }

  /** Kills a dedicated server and removes its data; does nothing on a shared one. Idempotent. */
  @Override
  public final void close() {
    if (!shared) {
      release();
      instance.close();
    }
  }

  @Override
  public final String toString() {
    return instance.toString();
  }

  /** Whether this is the JVM's shared server. */
  final boolean isShared() {
    return shared;
  }

  final Instance instance() {
    return instance;
  }

  final void begin() {
    instance.start(this::probe);
  }

  /** Frees what this handle holds beside the server; idempotent. */
  void release() {}

  /** What makes a stop short. */
  void beforeStop() {}

  /** Throws while the server does not answer. */
  abstract void probe() throws Exception;

  private Instance dedicated() {
    if (shared) {
      throw new IllegalStateException(
          "the shared " + kind.label() + " server is used by every test; start a dedicated one");
    }
    return instance;
  }
}
