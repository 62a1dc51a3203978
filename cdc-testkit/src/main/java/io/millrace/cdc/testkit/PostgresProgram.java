package io.millrace.cdc.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code postgres} program with {@code initdb} beside it. */
final class PostgresProgram implements ServerProgram {

  static final String USER = "postgres";

  private final Path postgres;
  private final String description;

  /**
   * @param postgres the {@code postgres} executable
   */
  PostgresProgram(Path postgres, String description) {
    this.postgres = postgres;
    this.description = description;
  }

  @Override
  public String description() {
    return description;
  }

  /**
   * Runs {@code initdb} every time, though a copied template would be faster: each server needs a
   * system identifier of its own, because positions are checked against it.
   */
  @Override
  public void initialize(Path home) throws IOException {
    List<String> command = new ArrayList<>(asOrdinaryUser());
    command.addAll(
        List.of(
            postgres.resolveSibling("initdb").toString(),
            "--pgdata=" + data(home),
            "--username=" + USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync"));
    Shell.run(command);
  }

  @Override
  public Map<String, String> defaultSettings() {
    return settings();
  }

  static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("listen_addresses", "127.0.0.1");
    settings.put("unix_socket_directories", "");
    settings.put("synchronous_commit", "on");
    settings.put("fsync", "off"); // survives the process's death; only a power cut would need it
    settings.put("max_prepared_transactions", "20");
    settings.put("max_connections", "200");
    settings.put("shared_buffers", "64MB");
    settings.put("timezone", "UTC");
    return settings;
  }

  @Override
  public List<String> command(Path home, int port, Map<String, String> settings) {
    List<String> command = new ArrayList<>(asOrdinaryUser());
    command.addAll(List.of(postgres.toString(), "-D", data(home), "-p", Integer.toString(port)));
    settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    return command;
  }

  /** SIGTERM would wait for the clients to leave. */
  @Override
  public String stopSignal() {
    return "INT";
  }

  private static String data(Path home) {
    return home.resolve("data").toString();
  }

  /**
   * PostgreSQL refuses to run as root; in a user namespace of its own it does not see that it is.
   */
  private static List<String> asOrdinaryUser() {
    return Users.isRoot() ? List.of("unshare", "--user") : List.of();
  }
}
