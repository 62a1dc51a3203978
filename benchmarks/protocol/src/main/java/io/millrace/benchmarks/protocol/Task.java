package io.millrace.benchmarks.protocol;

/** What a contender is asked to do. */
public enum Task {
  /** Read a binary log from where {@code prepare} stood to its end. */
  MYSQL_DRAIN,
  /** Read PostgreSQL's changes since {@code prepare}. */
  POSTGRES_DRAIN,
  /** Read MongoDB's changes since {@code prepare}. */
  MONGO_DRAIN,
  /** Note when each row that is inserted meanwhile arrives, on MySQL. */
  MYSQL_LATENCY,
  /** The same on PostgreSQL. */
  POSTGRES_LATENCY,
  /** The same on MongoDB. */
  MONGO_LATENCY,
  /** Update rows one by one, a commit each, and in bulk. */
  POSTGRES_WRITES,
  /** Write a row and an outbox event in each transaction, until all events were relayed. */
  OUTBOX,
  /** The same, with eight threads that write. */
  OUTBOX_EIGHT,
  /** Bring rows into a database. */
  APPLY,
  /** Carry changes from one database into another. */
  SYNC,
  /** Publish to Kafka. */
  PUBLISH
}
