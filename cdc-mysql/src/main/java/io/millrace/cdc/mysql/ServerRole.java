package io.millrace.cdc.mysql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Whether a server is written by applications, or repeats what another one does.
 *
 * @param readOnly it takes no writes of ordinary users
 * @param replica it applies another server's log, or fetches it
 * @param known whether the user may ask; else it counts as no replica
 * @param filters what the replication leaves out, by the filter's name; only those that are set
 */
record ServerRole(
    boolean readOnly, boolean replica, boolean known, Map<String, Set<String>> filters) {
  private static final List<String> FILTERS =
      List.of(
          "replicate_do_db",
          "replicate_ignore_db",
          "replicate_do_table",
          "replicate_ignore_table",
          "replicate_wild_do_table",
          "replicate_wild_ignore_table",
          "replicate_rewrite_db");

  static ServerRole read(Connection connection) throws SQLException {
    Flavour flavour = ServerCatalog.flavour(connection);
    boolean readOnly =
        !Set.of("", "OFF", "0")
            .contains(ServerCatalog.variable(connection, "read_only").toUpperCase(Locale.ROOT));
    String sql =
        flavour == Flavour.MARIADB
            ? "show all slaves status"
            : ServerSettingsCheck.isBefore(connection, 8, 4)
                ? "show slave status"
                : "show replica status";
    try {
      boolean replica = false;
      Map<String, Set<String>> filters = new TreeMap<>();
      for (Map<String, String> row : ServerCatalog.named(connection, sql)) {
        replica |= runs(row, "io_running") || runs(row, "sql_running");
        for (String filter : FILTERS) {
          Set<String> names = ServerSettingsCheck.names(row.get(filter));
          if (!names.isEmpty()) {
            filters.put(filter, names);
          }
        }
      }
      return new ServerRole(readOnly, replica, true, filters);
    } catch (SQLException e) {
      return new ServerRole(readOnly, false, false, Map.of()); // not allowed to ask
    }
  }

  private static boolean runs(Map<String, String> row, String thread) {
    String state = row.getOrDefault("replica_" + thread, row.getOrDefault("slave_" + thread, "No"));
    return !state.equalsIgnoreCase("No");
  }

  /** Whether our own tables may be written there without harm to the replication. */
  boolean takesWrites() {
    return !readOnly && !replica;
  }

  /** What is set, for messages. */
  String describeFilters() {
    return filters.entrySet().stream()
        .map(filter -> filter.getKey() + " " + String.join(",", filter.getValue()))
        .collect(Collectors.joining("; "));
  }
}
