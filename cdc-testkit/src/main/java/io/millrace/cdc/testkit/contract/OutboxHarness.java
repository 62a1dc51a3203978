package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.outbox.OutboxOptions;
import io.millrace.cdc.source.Source;
import java.util.Optional;
import java.util.Set;

/**
 * What {@link OutboxContract} needs to know about one engine. One harness serves one test; its
 * tables are empty when it is made.
 *
 * <p>One table or collection exists, captured as an entity of the same name: {@code item} as in
 * {@link SourceHarness}.
 */
public interface OutboxHarness extends AutoCloseable {
  /** Somebody who appends without knowing the source; the contract closes it. */
  OutboxWriter writer() throws Exception;

  /** Somebody who appends to the source's own outbox; the contract closes it. */
  OutboxWriter writer(Source source) throws Exception;

  /** Whether writers of one row fail where they meet, rather than wait. Default false. */
  default boolean conflicts() {
    return false;
  }

  /** Whether a part of a transaction can be undone. Default true. */
  default boolean hasSavepoints() {
    return true;
  }

  /**
   * Whether an event holds the state right after its change; false where it may be a later one.
   * Default true.
   */
  default boolean knowsExactState() {
    return true;
  }

  /**
   * A new source, installed.
   *
   * @param entities {@code item}, or none
   * @param outbox how appended events are published; empty for not at all
   */
  Source source(Set<String> entities, Optional<OutboxOptions> outbox);

  /** Frees what the harness holds. */
  @Override
  void close() throws Exception;
}
