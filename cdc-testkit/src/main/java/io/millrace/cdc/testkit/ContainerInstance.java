package io.millrace.cdc.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A server in a Docker container. Its port outside is fixed, so that it survives a restart.
 * Testcontainers removes the container when this JVM is gone.
 */
final class ContainerInstance implements Instance {

  private static final Logger LOG = LoggerFactory.getLogger(ContainerInstance.class);
  private static final Duration START_TIMEOUT = Duration.ofMinutes(3);
  private static final Duration PROBE_PAUSE = Duration.ofMillis(200);
  private static final int STOP_TIMEOUT_SECONDS = 30;

  private final ContainerImage image;
  private final GenericContainer<?> container;
  private final int port;
  private boolean created; // guarded by this

  private ContainerInstance(ContainerImage image, ServerOptions options) {
    this.image = image;
    this.port = options.port() == 0 ? Ports.free() : options.port();
    this.container = new GenericContainer<>(DockerImageName.parse(image.name()));
    image.environment().forEach(container::addEnv);
    container.setCommand(image.command(port, options.settings()).toArray(String[]::new));
    int inside = image.port() == ContainerImage.SAME_PORT ? port : image.port();
    container.setPortBindings(List.of(port + ":" + inside));
  }

  /** A container for that server, if there is an image for it and an engine that answers. */
  static Optional<Instance> open(ServerKind kind, Environment environment, ServerOptions options) {
    if (options.dataFrom().isPresent()
        || ServerCertificate.isIn(options)
        || !engineAnswers(environment)) {
      return Optional.empty();
    }
    return ContainerImage.of(kind, environment).map(image -> new ContainerInstance(image, options));
  }

  /**
   * First a look at the obvious places: Testcontainers' own search is slow and loud where there is
   * none.
   */
  private static boolean engineAnswers(Environment environment) {
    if (environment.get(Environment.DOCKER).filter("off"::equals).isPresent()) {
      return false;
    }
    String home = System.getProperty("user.home");
    boolean hinted =
        environment.get("DOCKER_HOST").isPresent()
            || Stream.of(
                    Path.of("/var/run/docker.sock"),
                    Path.of(home, ".docker/run/docker.sock"),
                    Path.of(environment.get("XDG_RUNTIME_DIR").orElse(home), "docker.sock"))
                .anyMatch(Files::exists);
    return hinted && DockerClientFactory.instance().isDockerAvailable();
  }

  @Override
  public String description() {
    return image.kind().label() + " in Docker, image " + image.name();
  }

  @Override
  public String host() {
    return DockerClientFactory.instance().dockerHostIpAddress();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public synchronized void start(Probe probe) {
    if (isRunning()) {
      throw new IllegalStateException(this + " is running already");
    }
    if (created) {
      container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    } else {
      try {
        container.start();
      } catch (RuntimeException e) {
        throw new IllegalStateException(
            "cannot start " + this + "; " + Environment.DOCKER + "=off does without Docker", e);
      }
      created = true;
    }
    awaitReady(probe);
  }

  private void awaitReady(Probe probe) {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (true) {
      try {
        probe.check();
        LOG.info("{} started", this);
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while starting " + this, e);
      } catch (Exception e) {
        if (System.nanoTime() > deadline || !isRunning()) {
          throw new IllegalStateException(
              this + " does not answer: " + e + "\n" + container.getLogs(), e);
        }
      }
      LockSupport.parkNanos(PROBE_PAUSE.toNanos());
      if (Thread.currentThread().isInterrupted()) {
        throw new IllegalStateException("interrupted while starting " + this);
      }
    }
  }

  @Override
  public synchronized void stop() {
    if (isRunning()) {
      container
          .getDockerClient()
          .stopContainerCmd(container.getContainerId())
          .withTimeout(STOP_TIMEOUT_SECONDS)
          .exec();
    }
  }

  @Override
  public synchronized void kill() {
    if (isRunning()) {
      container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
    }
  }

  @Override
  public synchronized void pause() {
    container.getDockerClient().pauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public synchronized void resume() {
    container.getDockerClient().unpauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public synchronized boolean isRunning() {
    return created && container.isRunning();
  }

  @Override
  public void configure(Map<String, String> settings) {
    throw notInDocker("be reconfigured");
  }

  @Override
  public Path copyData() {
    throw notInDocker("have its files copied");
  }

  /** Skips the test: another way to run the server can do it. */
  private RuntimeException notInDocker(String what) {
    return Environment.ofProcess()
        .missing(image.kind(), "one in Docker cannot " + what + ", a program on this machine can");
  }

  @Override
  public synchronized void close() {
    container.stop();
  }

  @Override
  public String toString() {
    return description() + " on port " + port;
  }
}
