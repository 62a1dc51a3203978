package io.millrace.cdc.apply;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.transport.Delivery;
import java.util.List;

/**
 * Told what an applier does, on its thread (except {@link #status}); must return quickly and not
 * throw. All methods do nothing by default.
 */
public interface ApplierListener {
  /** These events were applied and are committed. */
  default void applied(List<ChangeEvent> events) {}

  /** This event is held, for the given reason. */
  default void held(ChangeEvent event, String error) {}

  /**
   * This record cannot be read and is held, for the given reason; only under {@link
   * Unreadable#HOLD}.
   */
  default void unreadable(Delivery delivery, String error) {}

  /** A foreign write of a shared entity met own writes that are still on their way. */
  default void conflict(Conflict conflict) {}

  /** Something went wrong; it is retried unless the applier fails. */
  default void failed(Exception error) {}

  /**
   * How the applier is, again and again from its start to its close, whatever its thread is doing:
   * lag, held, parked, health. Called on a thread of its own.
   */
  default void status(ApplierStatus status) {}
}
