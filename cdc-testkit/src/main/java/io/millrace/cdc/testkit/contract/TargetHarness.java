package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.apply.jdbc.HandlerTarget;
import io.millrace.cdc.apply.jdbc.JdbcTarget;
import io.millrace.cdc.testkit.Database;

/**
 * What {@link TargetContract} needs to know about one engine. One harness serves one test; its
 * database is empty.
 */
public interface TargetHarness {
  /** The database, as an owner sees it. */
  Database database();

  /** A target builder over the database. */
  JdbcTarget.Builder target();

  /** A handler target that remembers in the database. */
  HandlerTarget handlers();

  /** Name of one of the library's own tables. */
  String ownTable(String plainName);

  /** The engine's type for exact points in time with microseconds. */
  String instantType();

  /** The engine's type for bytes. */
  String bytesType();

  /** The engine's type for UUIDs. */
  String uuidType();

  /** The engine's JSON type. */
  String jsonType();

  /**
   * A text type whose collation takes {@code abc} and {@code ABC} for the same; makes what it needs
   * in the database.
   */
  String caselessType();

  /** An expression that reads a text column of the library's own tables. */
  String ownText(String column);
}
