package io.millrace.cdc.apply;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Something a person asked for, done by the applier's thread between batches. */
record Command(Kind kind, EntityKey key, CompletableFuture<Answer> answer) {
  enum Kind {
    LIST,
    REPLAY,
    DISCARD
  }

  /** What came of it. */
  record Answer(List<HeldKey> held, boolean done) {}
}
