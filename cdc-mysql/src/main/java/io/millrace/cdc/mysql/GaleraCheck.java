package io.millrace.cdc.mysql;

import io.millrace.cdc.error.Finding;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The part of preflight that is about nodes of a Galera cluster. */
final class GaleraCheck {
  private static final String VARIABLES =
      "show global variables where variable_name in ('wsrep_on', 'wsrep_gtid_mode',"
          + " 'log_slave_updates', 'log_replica_updates')";

  private GaleraCheck() {}

  /** What a server says of itself. */
  static Map<String, String> variables(Connection connection) throws SQLException {
    Map<String, String> variables = new HashMap<>();
    ServerCatalog.rows(connection, VARIABLES)
        .forEach(row -> variables.put(String.valueOf(row.get(0)), String.valueOf(row.get(1))));
    return variables;
  }

  /**
   * What is to be said of a node with these settings.
   *
   * @param several whether the source knows other servers too
   */
  static List<Finding> findings(Map<String, String> variables, boolean several) {
    List<Finding> findings = new ArrayList<>();
    if (!is(variables, "wsrep_on")) {
      return findings;
    }
    if (!is(variables, "log_slave_updates") && !is(variables, "log_replica_updates")) {
      findings.add(
          Finding.refused(
              "galera-log",
              "The server is a node of a Galera cluster, and what other nodes write does not stand in its"
                  + " binary log (log_slave_updates is OFF).",
              "Start every node with --log-slave-updates."));
    }
    if (!is(variables, "wsrep_gtid_mode")) {
      String message =
          "wsrep_gtid_mode is OFF: each node of the cluster gives a transaction a GTID of its own";
      findings.add(
          several
              ? Finding.refused(
                  "galera-gtid",
                  message + ", so a position of one means nothing on another.",
                  "Set wsrep_gtid_mode=ON and one wsrep_gtid_domain_id on all nodes, or name one node"
                      + " only.")
              : Finding.warning(
                  "galera-gtid",
                  message + ". The source must always meet this node.",
                  "Name the node itself, not a load balancer; or set wsrep_gtid_mode=ON and one"
                      + " wsrep_gtid_domain_id on all nodes."));
    } else if (several) {
      findings.add(
          Finding.warning(
              "galera-failover",
              "Nodes of a Galera cluster can come to differ in their GTIDs, also with wsrep_gtid_mode=ON:"
                  + " then a change of node is a lost position, told as such.",
              "Give each node a gtid_domain_id of its own, unlike wsrep_gtid_domain_id."));
    }
    return findings;
  }

  private static boolean is(Map<String, String> variables, String name) {
    return "ON".equalsIgnoreCase(variables.get(name));
  }
}
