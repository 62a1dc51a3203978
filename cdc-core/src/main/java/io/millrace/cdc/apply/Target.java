package io.millrace.cdc.apply;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an applier writes to. Immutable configuration; nothing is connected until {@link #open}.
 *
 * <p>An implementer keeps three things next to the rows, in one transaction with them: the ledger
 * (what was applied), the transport's offsets, and held events.
 */
public interface Target {
  /** What is written and where, for messages and logs; no secrets. */
  String describe();

  /** How an entity is treated, or null where it is not mapped. */
  @Nullable EntityMode mode(String entity);

  /**
   * The statements that make this library's own tables, in order; each may run again without harm.
   */
  List<String> ddl();

  /**
   * Connects, makes this library's tables where they are missing, and checks the mapping.
   *
   * <p>Fails with {@link io.millrace.cdc.error.ConfigurationException} listing everything that does
   * not fit, with a retryable {@link io.millrace.cdc.error.ApplyException} where the server is
   * away.
   *
   * @param applier name of the applier, under which everything is stored
   */
  TargetSession open(String applier);
}
