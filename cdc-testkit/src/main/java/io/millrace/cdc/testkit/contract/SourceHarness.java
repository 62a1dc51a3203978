package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.source.Source;
import java.util.Set;

/**
 * What {@link SourceContract} needs to know about one engine. One harness serves one test; its
 * tables are empty when it is made.
 *
 * <p>Two tables or collections exist, captured as entities of the same name with these fields:
 *
 * <ul>
 *   <li>{@code item}: {@code id bigint primary key, name varchar(100) null, amount decimal(12,2)
 *       null, note varchar(100) null}
 *   <li>{@code other}: {@code id bigint primary key, name varchar(100) null}
 * </ul>
 */
public interface SourceHarness extends AutoCloseable {

  /** Somebody who writes as an application does; the contract closes it. */
  SourceWriter writer() throws Exception;

  /** Whether events hold the state before a change. Default true. */
  default boolean knowsOldState() {
    return true;
  }

  /**
   * Whether an event holds the state right after its change; false where it may be a later one that
   * was looked up. Default true.
   */
  default boolean knowsExactState() {
    return true;
  }

  /** Whether a row's key can be changed. Default true. */
  default boolean changesKeys() {
    return true;
  }

  /** Whether a part of a transaction can be undone. Default true. */
  default boolean hasSavepoints() {
    return true;
  }

  /** A new source that captures these entities only; {@code item} or {@code other}. */
  Source source(Set<String> entities);

  /** Frees what the harness holds. */
  @Override
  void close() throws Exception;
}
