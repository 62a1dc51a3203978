package io.millrace.cdc.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What MySQL's and MariaDB's programs have in common. */
final class MySqlFamily {
  /** The setting without which a server is started without TLS. */
  static final String CERTIFICATE = "ssl-cert";

  private MySqlFamily() {}

  /** Binary log, small memory, UTC, UTF-8; both servers know all of these. */
  static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("bind-address", "127.0.0.1");
    settings.put("skip-name-resolve", "ON");
    settings.put("server-id", "1");
    settings.put("log-bin", "binlog");
    settings.put("binlog-row-image", "FULL");
    settings.put("binlog-row-metadata", "FULL");
    settings.put("character-set-server", "utf8mb4");
    settings.put("default-time-zone", "+00:00");
    settings.put("innodb-buffer-pool-size", "64M");
    settings.put("max-connections", "200");
    settings.put("performance-schema", "OFF");
    // Written to the system, not forced to the disk: survives the process's death, not a power cut.
    settings.put("innodb-flush-log-at-trx-commit", "2");
    settings.put("sync-binlog", "0");
    return settings;
  }

  static List<String> command(
      Path program, List<String> fixed, Path home, int port, Map<String, String> settings) {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.add("--no-defaults");
    command.addAll(fixed);
    command.add("--user=" + Users.name());
    command.add("--datadir=" + data(home));
    command.add("--port=" + port);
    command.add("--socket=" + home.resolve("s"));
    command.add("--pid-file=" + home.resolve("pid"));
    command.add("--tmpdir=" + home);
    settings.forEach((name, value) -> command.add("--" + name + "=" + value));
    return command;
  }

  static Path data(Path home) {
    return home.resolve("data");
  }

  /** {@code binlog_format} and {@code binlog-format} are one setting. */
  static String canonicalName(String setting) {
    return setting.toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
