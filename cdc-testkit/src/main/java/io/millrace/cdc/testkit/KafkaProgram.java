package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** A one-node Kafka (KRaft) in a JVM of its own. */
final class KafkaProgram implements ServerProgram {

  private static final String MAIN = "io.millrace.cdc.testkit.kafka.KafkaServerMain";

  /**
   * Not a setting of Kafka: more listeners of the broker, {@code port=host:port} with commas
   * between them, and what clients of each are told to connect to.
   */
  static final String PROXIED_LISTENERS = "testkit.proxied.listeners";

  /**
   * Not a setting of Kafka: one more listener {@code SECURED} with TLS and SASL, {@code
   * port=keystore}; its password is {@link ServerCertificate#STORE_PASSWORD}. Users are set as
   * Kafka's own settings.
   */
  static final String SECURED_LISTENER = "testkit.secured.listener";

  private final String classPath;
  private final String description;

  /**
   * @param classPath the broker's jars and {@code KafkaServerMain}
   */
  KafkaProgram(String classPath, String description) {
    this.classPath = classPath;
    this.description = description;
  }

  @Override
  public String description() {
    return description;
  }

  /** Nothing to make: the program formats its directory at its first start. */
  @Override
  public void initialize(Path home) {}

  @Override
  public Map<String, String> defaultSettings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", "1");
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("inter.broker.listener.name", "PLAINTEXT");
    settings.put("auto.create.topics.enable", "false");
    settings.put("offsets.topic.replication.factor", "1");
    settings.put("offsets.topic.num.partitions", "3");
    settings.put("transaction.state.log.replication.factor", "1");
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("transaction.state.log.num.partitions", "3");
    settings.put("share.coordinator.state.topic.replication.factor", "1");
    settings.put("share.coordinator.state.topic.min.isr", "1");
    settings.put("share.coordinator.state.topic.num.partitions", "3");
    settings.put("group.initial.rebalance.delay.ms", "0");
    settings.put("log.cleaner.dedupe.buffer.size", "8000000");
    return settings;
  }

  /** The controller's port is only its own business, so every start takes a free one. */
  @Override
  public List<String> command(Path home, int port, Map<String, String> settings)
      throws IOException {
    int controllerPort = Ports.free();
    Properties properties = new Properties();
    properties.put("log.dirs", home.resolve("data").toString());
    properties.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
    properties.put(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
    properties.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    properties.putAll(settings);
    addProxied(properties);
    addSecured(properties);
    Path file = home.resolve("server.properties");
    try (OutputStream out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp",
        classPath,
        MAIN,
        file.toString());
  }

  private static void addProxied(Properties properties) {
    Object proxied = properties.remove(PROXIED_LISTENERS);
    if (proxied == null) {
      return;
    }
    int number = 0;
    for (String listener : proxied.toString().split(",", -1)) {
      String[] parts = listener.split("=", 2);
      String name = "PROXIED" + ++number;
      properties.merge("listeners", name + "://127.0.0.1:" + parts[0], KafkaProgram::list);
      properties.merge("advertised.listeners", name + "://" + parts[1], KafkaProgram::list);
      properties.merge("listener.security.protocol.map", name + ":PLAINTEXT", KafkaProgram::list);
    }
  }

  private static void addSecured(Properties properties) {
    Object secured = properties.remove(SECURED_LISTENER);
    if (secured == null) {
      return;
    }
    String[] parts = secured.toString().split("=", 2);
    String address = "SECURED://127.0.0.1:" + parts[0];
    properties.merge("listeners", address, KafkaProgram::list);
    properties.merge("advertised.listeners", address, KafkaProgram::list);
    properties.merge("listener.security.protocol.map", "SECURED:SASL_SSL", KafkaProgram::list);
    properties.put("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-512");
    properties.put(
        "listener.name.secured.scram-sha-512.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    properties.put("ssl.keystore.type", "PKCS12");
    properties.put("ssl.keystore.location", parts[1]);
    properties.put("ssl.keystore.password", ServerCertificate.STORE_PASSWORD);
  }

  private static Object list(Object first, Object second) {
    return first + "," + second;
  }
}
