package io.millrace.cdc.testkit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A database server's official image and how it is told what to do.
 *
 * @param name the image; {@code MILLRACE_POSTGRES_IMAGE} and its like name another
 * @param port the port the server listens on inside, or {@link #SAME_PORT}
 * @param environment variables for the image's entry point: an administrator without a password
 * @param arguments the command's beginning; settings follow
 * @param settings the server's default settings
 */
record ContainerImage(
    ServerKind kind,
    String name,
    int port,
    Map<String, String> environment,
    List<String> arguments,
    Map<String, String> settings) {

  /** The server listens on the port that it has outside: a replica set's members have one name. */
  static final int SAME_PORT = 0;

  private static final int MYSQL_PORT = 3306;
  private static final int POSTGRES_PORT = 5432;

  /**
   * The image for a kind; empty where the embedded server runs on every machine, or there is no
   * server.
   */
  static Optional<ContainerImage> of(ServerKind kind, Environment environment) {
    String variable = "MILLRACE_" + kind.name() + "_IMAGE";
    return switch (kind) {
      case POSTGRES ->
          Optional.of(
              new ContainerImage(
                  kind,
                  environment.get(variable).orElse("postgres:18"),
                  POSTGRES_PORT,
                  Map.of("POSTGRES_HOST_AUTH_METHOD", "trust"),
                  List.of("postgres"),
                  without(
                      PostgresProgram.settings(), "listen_addresses", "unix_socket_directories")));
      case MARIADB ->
          Optional.of(
              new ContainerImage(
                  kind,
                  environment.get(variable).orElse("mariadb:11.4"),
                  MYSQL_PORT,
                  Map.of("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", "yes", "MARIADB_ROOT_HOST", "%"),
                  List.of("--skip-ssl"),
                  without(MariaDbProgram.settings(), "bind-address")));
      case MYSQL ->
          Optional.of(
              new ContainerImage(
                  kind,
                  environment.get(variable).orElse("mysql:lts"),
                  MYSQL_PORT,
                  Map.of("MYSQL_ALLOW_EMPTY_PASSWORD", "yes", "MYSQL_ROOT_HOST", "%"),
                  List.of(),
                  without(MySqlProgram.settings(), "bind-address")));
      case MONGO ->
          Optional.of(
              new ContainerImage(
                  kind,
                  environment.get(variable).orElse("mongo:8.0"),
                  SAME_PORT,
                  Map.of(),
                  List.of("mongod", "--bind_ip_all"),
                  without(MongoProgram.settings(), "bind_ip")));
      case KAFKA -> Optional.empty();
    };
  }

  /**
   * The command that runs the server with the caller's settings laid over the defaults.
   *
   * @param outside the port by which it is reached from outside
   */
  List<String> command(int outside, Map<String, String> changes) {
    Map<String, String> all = new LinkedHashMap<>(settings);
    changes.forEach((name, value) -> all.put(canonicalName(name), value));
    List<String> command = new ArrayList<>(arguments);
    switch (kind) {
      case POSTGRES ->
          all.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
      case MONGO -> {
        command.addAll(List.of("--port", Integer.toString(outside)));
        command.addAll(MongoProgram.arguments(all));
      }
      case MARIADB, MYSQL, KAFKA ->
          all.forEach((name, value) -> command.add("--" + name + "=" + value));
    }
    return command;
  }

  private String canonicalName(String setting) {
    return kind == ServerKind.MARIADB || kind == ServerKind.MYSQL
        ? MySqlFamily.canonicalName(setting)
        : setting;
  }

  /** Inside a container the server must be reachable from outside. */
  private static Map<String, String> without(Map<String, String> settings, String... names) {
    Map<String, String> rest = new LinkedHashMap<>(settings);
    rest.keySet().removeAll(List.of(names));
    return rest;
  }
}
