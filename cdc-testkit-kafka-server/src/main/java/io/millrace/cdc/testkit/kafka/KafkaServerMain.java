package io.millrace.cdc.testkit.kafka;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;

/**
 * Formats a broker's directory where that was not done yet, then runs Kafka until it is told to
 * stop.
 *
 * <p>One program for both, because starting a JVM only to format costs a second on every test run.
 */
public final class KafkaServerMain {

  private KafkaServerMain() {}

  /**
   * Runs a broker; returns only when it has shut down.
   *
   * @param arguments the path of the broker's properties file
   * @throws Exception if the properties cannot be read or the directory cannot be formatted
   */
  public static void main(String[] arguments) throws Exception {
    Properties properties = read(Path.of(arguments[0]));
    Path logDirectory = Path.of(properties.getProperty("log.dirs"));
    if (!Files.exists(logDirectory.resolve("meta.properties"))) {
      format(logDirectory, Integer.parseInt(properties.getProperty("node.id")));
    }
    kafka.Kafka.main(arguments);
  }

  private static Properties read(Path file) throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      properties.load(in);
    }
    return properties;
  }

  private static void format(Path logDirectory, int nodeId) throws Exception {
    new Formatter()
        .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
        .setClusterId(Uuid.randomUuid().toString())
        .setNodeId(nodeId)
        .setControllerListenerName("CONTROLLER")
        .setMetadataLogDirectory(logDirectory.toString())
        .addDirectory(logDirectory.toString())
        .setIgnoreFormatted(true)
        .run();
  }
}
