package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.Connection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What preflight makes of a node's settings; no cluster is at hand to be read. */
class GaleraCheckTest {
  private static List<String> of(boolean several, String... settings) {
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      variables.put(settings[i], settings[i + 1]);
    }
    return GaleraCheck.findings(variables, several).stream()
        .map(finding -> finding.severity() + " " + finding.code())
        .toList();
  }

  @Test
  void gtids_that_differ_by_node_forbid_a_change_of_node() {
    String[] node = {"wsrep_on", "ON", "wsrep_gtid_mode", "OFF", "log_slave_updates", "ON"};
    assertThat(of(true, node)).containsExactly("REFUSED galera-gtid");
    assertThat(of(false, node)).containsExactly("WARNING galera-gtid");
    node[3] = "ON";
    assertThat(of(true, node)).containsExactly("WARNING galera-failover");
    assertThat(of(false, node)).isEmpty();
  }

  @Test
  void a_node_that_does_not_log_the_others_writes_is_refused() {
    assertThat(of(false, "wsrep_on", "ON", "wsrep_gtid_mode", "ON", "log_slave_updates", "OFF"))
        .containsExactly("REFUSED galera-log");
  }

  @Test
  @NeedsServer(ServerKind.MARIADB)
  void a_server_that_is_no_node_is_left_alone() throws Exception {
    Database database = TestFlavour.MARIADB.shared().createDatabase("galera");
    try (Connection connection = database.connect()) {
      Map<String, String> variables = GaleraCheck.variables(connection);
      assertThat(variables).containsEntry("wsrep_on", "OFF").containsKey("wsrep_gtid_mode");
      assertThat(GaleraCheck.findings(variables, true)).isEmpty();
    }
  }
}
