package io.millrace.cdc.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** MySQL's {@code mysqld}. */
final class MySqlProgram implements ServerProgram {

  private final Path mysqld;
  private final String version;
  private final String description;
  private final Cache cache;

  /**
   * @param version names the program in the cache
   */
  MySqlProgram(Path mysqld, String version, String description, Cache cache) {
    this.mysqld = mysqld;
    this.version = version;
    this.description = description;
    this.cache = cache;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void initialize(Path home) throws IOException {
    Path template =
        cache.directory("mysql-data-" + version + "-" + Users.name(), this::makeTemplate);
    Trees.copy(MySqlFamily.data(template), MySqlFamily.data(home));
  }

  private void makeTemplate(Path directory) throws IOException {
    Path accounts = directory.resolve("accounts.sql");
    // With skip-name-resolve a client on 127.0.0.1 is not "localhost", the only root that is made.
    Files.writeString(
        accounts,
        """
        CREATE USER 'root'@'127.0.0.1' IDENTIFIED BY '';
        GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
        """);
    List<String> command = new ArrayList<>();
    command.add(mysqld.toString());
    command.add("--no-defaults");
    command.add("--initialize-insecure");
    command.add("--user=" + Users.name());
    command.add("--datadir=" + MySqlFamily.data(directory));
    command.add("--init-file=" + accounts);
    command.add("--skip-log-bin");
    command.add("--innodb-redo-log-capacity=8M");
    Shell.run(command);
    // Holds the server's uuid: every server makes its own at its first start.
    Files.deleteIfExists(MySqlFamily.data(directory).resolve("auto.cnf"));
  }

  @Override
  public Map<String, String> defaultSettings() {
    return settings();
  }

  static Map<String, String> settings() {
    Map<String, String> settings = MySqlFamily.settings();
    settings.put("gtid-mode", "ON");
    settings.put("enforce-gtid-consistency", "ON");
    settings.put("mysqlx", "OFF");
    settings.put("innodb-redo-log-capacity", "8M");
    return settings;
  }

  @Override
  public List<String> command(Path home, int port, Map<String, String> settings) {
    return MySqlFamily.command(mysqld, List.of(), home, port, settings);
  }

  @Override
  public String canonicalName(String setting) {
    return MySqlFamily.canonicalName(setting);
  }
}
