package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.source.Source;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

/**
 * What {@link SourceContract} needs to know about one engine. One harness serves one test; its
 * tables are empty when it is made.
 *
 * <p>Two tables exist, captured as entities of the same name:
 *
 * <ul>
 *   <li>{@code item}: {@code id bigint primary key, name varchar(100) null, amount decimal(12,2)
 *       null, note varchar(100) null}
 *   <li>{@code other}: {@code id bigint primary key, name varchar(100) null}
 * </ul>
 */
public interface SourceHarness extends AutoCloseable {

  /**
   * A connection that writes as an application does, in auto-commit mode; the contract closes it.
   */
  Connection connect() throws SQLException;

  /** The name of the table, for SQL; {@code entity} is {@code item} or {@code other}. */
  String table(String entity);

  /** A new source that captures these entities only; {@code item} or {@code other}. */
  Source source(Set<String> entities);

  /** Frees what the harness holds. */
  @Override
  void close() throws Exception;
}
