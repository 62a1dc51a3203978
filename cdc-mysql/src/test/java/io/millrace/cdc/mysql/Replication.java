package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import java.util.List;

/** One test server replicates from another, by GTID. */
final class Replication {
  private static final String REPLICA_ID = "2";

  private final TestFlavour flavour;

  Replication(TestFlavour flavour) {
    this.flavour = flavour;
  }

  private boolean mySql() {
    return flavour.isMySql();
  }

  /** How a server is to be started that becomes a replica. */
  static ServerOptions options() {
    return ServerOptions.defaults().with("server-id", REPLICA_ID).with("log-slave-updates", "ON");
  }

  /** Lets a server replicate from another one. */
  SqlServer attach(SqlServer replica, SqlServer source) {
    String where = "_host = '127.0.0.1', %s_port = " + source.port() + ", %s_user = 'root'";
    replica
        .admin()
        .execute(
            mySql()
                ? "change replication source to source"
                    + where.replace("%s", "source")
                    + ", source_auto_position = 1, source_connect_retry = 1, get_source_public_key = 1"
                : "change master to master"
                    + where.replace("%s", "master")
                    + ", master_ssl = 0, master_connect_retry = 1, master_use_gtid = slave_pos",
            start());
    return replica;
  }

  /** The statement that starts it. */
  String start() {
    return mySql() ? "start replica" : "start slave";
  }

  /** The statement that stops it. */
  String stop() {
    return mySql() ? "stop replica" : "stop slave";
  }

  /** What a server has executed. */
  String executed(Database database) {
    if (flavour == TestFlavour.MYSQL_PLACES) {
      List<Object> end = database.query("show binary log status").get(0);
      return end.get(0) + ":" + end.get(1);
    }
    return database.value(
        mySql()
            ? "select replace(@@global.gtid_executed, '\n', '')"
            : "select @@global.gtid_binlog_pos");
  }

  /** Waits until a replica has executed what is said. */
  void awaitExecuted(SqlServer replica, String executed) {
    String sql =
        mySql()
            ? "select wait_for_executed_gtid_set('" + executed + "', 90)"
            : "select master_gtid_wait('" + executed + "', 90)";
    assertThat(replica.admin().number(sql)).isZero();
  }

  /** Makes a replica a server of its own. */
  void detach(SqlServer replica) {
    replica.admin().execute(stop(), mySql() ? "reset replica all" : "reset slave all");
  }

  /** Forgets the log and all GTIDs. */
  String reset() {
    return mySql() ? "reset binary logs and gtids" : "reset master";
  }
}
