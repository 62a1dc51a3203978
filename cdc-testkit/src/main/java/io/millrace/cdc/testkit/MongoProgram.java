package io.millrace.cdc.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A {@code mongod}, always a member of a replica set: change streams and transactions need one. */
final class MongoProgram implements ServerProgram {

  /** Name of the replica set where the caller chooses none. */
  static final String REPLICA_SET = "millrace";

  private static final String PARAMETER = "setParameter.";

  private final Path mongod;
  private final String description;

  MongoProgram(Path mongod, String description) {
    this.mongod = mongod;
    this.description = description;
  }

  /** Command-line options without their dashes; {@code setParameter.name} sets a parameter. */
  static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("replSet", REPLICA_SET);
    settings.put("bind_ip", "127.0.0.1");
    settings.put("wiredTigerCacheSizeGB", "0.5");
    settings.put("oplogSize", "200");
    settings.put(PARAMETER + "diagnosticDataCollectionEnabled", "false");
    return settings;
  }

  /** The options as they stand on a command line. */
  static List<String> arguments(Map<String, String> settings) {
    List<String> arguments = new ArrayList<>();
    settings.forEach(
        (name, value) -> {
          if (name.startsWith(PARAMETER)) {
            arguments.add("--setParameter");
            arguments.add(name.substring(PARAMETER.length()) + "=" + value);
          } else {
            arguments.add("--" + name);
            if (!value.isEmpty()) {
              arguments.add(value);
            }
          }
        });
    return arguments;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void initialize(Path home) throws IOException {
    Files.createDirectory(home.resolve("data"));
  }

  @Override
  public Map<String, String> defaultSettings() {
    return settings();
  }

  @Override
  public List<String> command(Path home, int port, Map<String, String> settings) {
    List<String> command = new ArrayList<>();
    command.add(mongod.toString());
    command.add("--dbpath");
    command.add(home.resolve("data").toString());
    command.add("--port");
    command.add(Integer.toString(port));
    command.add("--nounixsocket");
    command.addAll(arguments(settings));
    return command;
  }
}
