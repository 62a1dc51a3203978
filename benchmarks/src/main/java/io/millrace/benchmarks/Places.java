package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.MongoServer;

/** Places of the testkit's servers. */
final class Places {
  private Places() {}

  static Place of(Database database) {
    return new Place(
        database.jdbcUrl(),
        database.server().host(),
        database.server().port(),
        database.name(),
        database.user(),
        database.password());
  }

  static Place of(MongoServer server, String database) {
    return new Place(server.connectionString(), server.host(), server.port(), database, "", "");
  }
}
