package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.position.PositionStore;
import java.time.Duration;

/** What {@link PositionStoreContract} needs to know about one kind of store: one, empty. */
public interface PositionStoreHarness extends AutoCloseable {

  /** A new instance over the same storage, as another process would make it. */
  PositionStore store();

  /** Lets that much time pass for the store's clock: waits, or moves a clock. */
  void pass(Duration time) throws Exception;

  /** Makes the record of a pipeline look as if a later release had written it. */
  void writeAsNewerRelease(String pipeline) throws Exception;

  /** Begins to replace the pipeline's record and dies before it is done. */
  void crashWhileSaving(String pipeline) throws Exception;

  /** Frees what the harness holds. */
  @Override
  void close() throws Exception;
}
