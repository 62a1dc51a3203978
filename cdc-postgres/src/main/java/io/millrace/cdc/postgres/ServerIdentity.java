package io.millrace.cdc.postgres;

import io.millrace.cdc.internal.Check;

/**
 * Which server, in which of its lives.
 *
 * @param system the cluster's system identifier
 * @param database the database's oid
 * @param timeline rises with every promotion and point-in-time recovery
 * @param startedMicros when the server process was started, by its clock
 */
record ServerIdentity(long system, long database, long timeline, long startedMicros) {
  /** What the log's rows carry: differs where a dump was restored. */
  long incarnation() {
    return system ^ database;
  }

  static ServerIdentity parse(String text) {
    String[] parts = text.split("/", -1);
    Check.argument(
        parts.length == 4, "a server's identity is system/database/timeline/start, not '%s'", text);
    return new ServerIdentity(
        Long.parseLong(parts[0]),
        Long.parseLong(parts[1]),
        Long.parseLong(parts[2]),
        Long.parseLong(parts[3]));
  }

  @Override
  public String toString() {
    return system + "/" + database + "/" + timeline + "/" + startedMicros;
  }
}
