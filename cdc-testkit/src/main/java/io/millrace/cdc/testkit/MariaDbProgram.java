package io.millrace.cdc.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The {@code mariadbd} program with {@code mariadb-install-db}. */
final class MariaDbProgram implements ServerProgram {

  /**
   * Where the parts of an installation are.
   *
   * @param mariadbd the server
   * @param installDb the script that makes a data directory
   * @param base the directory both look for their files in
   * @param version names the installation in the cache and in the log
   */
  record Installation(Path mariadbd, Path installDb, Path base, String version) {}

  private final Installation installation;
  private final String description;
  private final Cache cache;

  MariaDbProgram(Installation installation, String description, Cache cache) {
    this.installation = installation;
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
        cache.directory(
            "mariadb-data-" + installation.version() + "-" + Users.name(), this::makeTemplate);
    Trees.copy(MySqlFamily.data(template), MySqlFamily.data(home));
  }

  private void makeTemplate(Path directory) throws IOException {
    Shell.run(
        List.of(
            installation.installDb().toString(),
            "--no-defaults",
            "--user=" + Users.name(),
            "--basedir=" + installation.base(),
            "--datadir=" + MySqlFamily.data(directory),
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            "--innodb-log-file-size=16M"));
  }

  @Override
  public Map<String, String> defaultSettings() {
    return settings();
  }

  static Map<String, String> settings() {
    Map<String, String> settings = MySqlFamily.settings();
    settings.put("binlog-format", "ROW");
    settings.put("gtid-strict-mode", "ON");
    settings.put("innodb-log-file-size", "16M");
    return settings;
  }

  /** Without a certificate given no TLS: making one costs seconds at every start. */
  @Override
  public List<String> command(Path home, int port, Map<String, String> settings) {
    List<String> fixed = new ArrayList<>(List.of("--basedir=" + installation.base()));
    if (!settings.containsKey(MySqlFamily.CERTIFICATE)) {
      fixed.add("--skip-ssl");
    }
    return MySqlFamily.command(installation.mariadbd(), fixed, home, port, settings);
  }

  @Override
  public String canonicalName(String setting) {
    return MySqlFamily.canonicalName(setting);
  }
}
