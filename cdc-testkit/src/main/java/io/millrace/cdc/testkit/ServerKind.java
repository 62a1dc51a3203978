package io.millrace.cdc.testkit;

import java.util.Locale;

/** The servers the testkit knows. */
public enum ServerKind {
  /** PostgreSQL, see {@link PostgresServer}. */
  POSTGRES(
      "MILLRACE_POSTGRES_URL=jdbc:postgresql://host:port/db (with MILLRACE_POSTGRES_USER and"
          + " MILLRACE_POSTGRES_PASSWORD), MILLRACE_POSTGRES=/path/to/bin/postgres, a Docker engine, or"
          + " Linux on x86-64 for the embedded one"),
  /** MariaDB, see {@link MariaDbServer}. */
  MARIADB(
      "MILLRACE_MARIADB_URL=jdbc:mariadb://host:port/ (with MILLRACE_MARIADB_USER and"
          + " MILLRACE_MARIADB_PASSWORD), MILLRACE_MARIADBD=/path/to/mariadbd, mariadbd on the PATH, a Docker"
          + " engine, or Linux on x86-64 for the embedded one"),
  /** MySQL, see {@link MySqlServer}. There is no embedded one. */
  MYSQL(
      "MILLRACE_MYSQL_URL=jdbc:mysql://host:port/ (with MILLRACE_MYSQL_USER and MILLRACE_MYSQL_PASSWORD),"
          + " MILLRACE_MYSQLD=/path/to/mysqld, MySQL's mysqld on the PATH, or a Docker engine"),
  /** Kafka, see {@link KafkaServer}. */
  KAFKA(
      "MILLRACE_KAFKA_BOOTSTRAP=host:port, MILLRACE_KAFKA_HOME=/path/to/kafka, or the embedded one"),
  /** MongoDB, see {@link MongoServer}. */
  MONGO(
      "MILLRACE_MONGO_URL=mongodb://host:port/ (a replica set), MILLRACE_MONGOD=/path/to/mongod, mongod on the"
          + " PATH, a Docker engine, or a network in which one can be downloaded");

  private final String remedy;

  ServerKind(String remedy) {
    this.remedy = remedy;
  }

  /**
   * The name used in environment variables' values, directories and logs: the constant in lower
   * case.
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What a person can provide so that this server is found, as text for a message. */
  String remedy() {
    return remedy;
  }
}
