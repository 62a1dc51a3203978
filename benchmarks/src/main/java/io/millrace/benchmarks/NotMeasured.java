package io.millrace.benchmarks;

import java.util.List;

/** What no workload here measures; the report says it plainly. */
final class NotMeasured {
  static final List<String> ALWAYS =
      List.of(
          "Networks and discs: everything runs on one machine, servers and contenders share its processors, and the servers do not"
              + " wait for the disc (`fsync=off`, `sync_binlog=0`), save where a section says so.",
          "The processor time and memory of the servers, except where a section says so.",
          "Debezium's connector for MariaDB, which is an artifact of its own.",
          "Debezium as a Kafka Connect cluster, Debezium Server, and its snapshots.",
          "Maxwell, Canal, and other tools.",
          "Days of running; `examples/run monolith-sync --seconds … --kill` is the long run.");

  private NotMeasured() {}
}
