package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.apply.Target;
import io.millrace.cdc.event.ChangeEvent;
import java.util.function.Consumer;

/**
 * What {@link TargetContract} needs to know about one engine. One harness serves one test; its
 * database is empty.
 */
public interface TargetHarness {
  /**
   * Makes the place for entity {@code item}: key {@code id}, {@code name} of at most 20 characters,
   * {@code amount} with two digits after the point, {@code note}.
   */
  void createItems();

  /** Entity {@code item} in mirror mode. */
  Target itemTarget();

  /** All items by id, each as {@code [id, name, amount, note]}. */
  String items();

  /** Stores an item as somebody else would. */
  void putItem(long id, String name, String amount, String note);

  /** Removes all items as somebody else would. */
  void removeItems();

  /** From now on a name may have 50 characters. */
  void widenNames();

  /** Somebody else has moved every offset. */
  void moveOffset(long next);

  /**
   * Makes the place for entity {@code account}: key {@code id}, {@code email} and {@code nr} each
   * unique, {@code name}, which must not be missing.
   */
  void createAccounts(boolean optionalEmail);

  /** Entity {@code account} in mirror mode. */
  Target accountTarget();

  /** All accounts by id, as {@code [[id, email, nr, name], …]}. */
  String accounts();

  /** A target that calls a handler and remembers in the database. */
  Target handling(String entity, Consumer<ChangeEvent> handler);
}
