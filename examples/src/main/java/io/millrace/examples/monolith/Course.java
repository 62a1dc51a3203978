package io.millrace.examples.monolith;

import io.millrace.cdc.testkit.KafkaServer;
import java.io.IOException;

/** What happens in a run besides writing and syncing; the plain one: nothing. */
interface Course {
  /** The plain run, or the one in which the JVMs that sync are killed at random. */
  static Course of(Options options) {
    return new Course() {
      @Override
      public Companion accompany(Sites sites, SyncSide left, SyncSide right, Load load) {
        return options.kill() ? Killer.start(options.seed(), left, right) : () -> {};
      }
    };
  }

  /** Goes on beside the writers. */
  interface Companion extends AutoCloseable {
    @Override
    void close() throws InterruptedException;
  }

  default KafkaServer kafka() {
    return KafkaServer.shared();
  }

  /** Starts the sync of one side. */
  default SyncSide start(Sites sites, String side) throws IOException {
    return SyncSide.start(sites.launch(side, SyncProcess.class.getName()));
  }

  /** Both sides run, and nobody writes yet. */
  default void ready(Sites sites) {}

  /** Begins what goes on while the writers write; they may be told to stop. */
  default Companion accompany(Sites sites, SyncSide left, SyncSide right, Load load) {
    return () -> {};
  }

  /** Nothing moved for so many seconds: it will not settle any more. */
  default int quietSeconds() {
    return 20;
  }
}
