package io.millrace.cdc.testkit;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** A one-node Kafka that makes no topics by itself. Thread-safe. */
public final class KafkaServer extends TestServer {

  private static final int TIMEOUT_SECONDS = 30;
  private static final int CONNECT_TIMEOUT_MILLIS = 1000;

  private final AtomicInteger numbers = new AtomicInteger();

  private KafkaServer(Instance instance, boolean shared) {
    super(ServerKind.KAFKA, instance, shared);
  }

  /**
   * The broker all tests of this JVM share; started by the first call.
   *
   * @throws MissingServerException if there is none, which skips the test
   */
  public static KafkaServer shared() {
    return Servers.shared(
        ServerKind.KAFKA, KafkaServer.class, instance -> new KafkaServer(instance, true));
  }

  /** A broker of the caller's own, with the testkit's settings; close it. */
  public static KafkaServer startDedicated() {
    return startDedicated(ServerOptions.defaults());
  }

  /** A broker of the caller's own; close it. */
  public static KafkaServer startDedicated(ServerOptions options) {
    return Servers.dedicated(
        ServerKind.KAFKA, options, instance -> new KafkaServer(instance, false));
  }

  /**
   * A broker of the caller's own that can also be reached through proxies, each made with {@link
   * NetworkProxy#open()}: a client that begins at a proxy's address is told that address again and
   * stays on it, while {@link #bootstrapServers()} is the way without a proxy. Close it.
   */
  public static KafkaServer startDedicated(ServerOptions options, NetworkProxy... proxies) {
    int[] ports = new int[proxies.length];
    StringBuilder listeners = new StringBuilder();
    for (int i = 0; i < proxies.length; i++) {
      ports[i] = Ports.free();
      listeners.append(i == 0 ? "" : ",").append(ports[i]).append('=').append(proxies[i].address());
    }
    KafkaServer server =
        startDedicated(
            proxies.length == 0
                ? options
                : options.with(KafkaProgram.PROXIED_LISTENERS, listeners.toString()));
    for (int i = 0; i < proxies.length; i++) {
      proxies[i].server(server.host(), ports[i]);
    }
    return server;
  }

  /** The value of {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return instance() instanceof GivenInstance given ? given.address() : host() + ":" + port();
  }

  /** A name for a topic or a group that no other test on this broker has. */
  public String uniqueName(String prefix) {
    return prefix
        + "-"
        + Long.toString(ProcessHandle.current().pid(), 36)
        + "-"
        + numbers.incrementAndGet();
  }

  /**
   * Makes a topic and returns when the broker knows it.
   *
   * @param name its name; see {@link #uniqueName(String)}
   * @param partitions how many, at least 1
   * @param config the topic's settings, {@code cleanup.policy} and the like
   */
  public void createTopic(String name, int partitions, Map<String, String> config) {
    NewTopic topic = new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(config);
    try (Admin admin = admin()) {
      get(admin.createTopics(List.of(topic)).all());
      awaitTopic(admin, name);
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot make topic " + name + ": " + e.getCause(), e);
    }
  }

  /** Makes a topic with the broker's default settings. */
  public void createTopic(String name, int partitions) {
    createTopic(name, partitions, Map.of());
  }

  /** An admin client; close it. */
  public Admin admin() {
    Properties properties = new Properties();
    properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers());
    return Admin.create(properties);
  }

  /**
   * First a plain connection: a Kafka client would fill the log with warnings until the broker
   * listens.
   */
  @Override
  void probe() throws Exception {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host(), port()), CONNECT_TIMEOUT_MILLIS);
    }
    try (Admin admin = admin()) {
      if (get(admin.describeCluster().nodes()).isEmpty()) {
        throw new IllegalStateException("no broker is registered yet");
      }
    }
  }

  /** The controller has the topic before the broker does. */
  private static void awaitTopic(Admin admin, String name) throws ExecutionException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
    while (true) {
      try {
        get(admin.describeTopics(List.of(name)).allTopicNames());
        return;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
            || System.nanoTime() > deadline) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
    }
  }

  private static <T> T get(org.apache.kafka.common.KafkaFuture<T> future)
      throws ExecutionException {
    try {
      return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking Kafka", e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer from Kafka within " + TIMEOUT_SECONDS + " s", e);
    }
  }
}
