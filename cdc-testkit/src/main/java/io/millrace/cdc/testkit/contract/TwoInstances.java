package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.OffsetStep;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.transport.Channel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Two instances of one applier, each with a partition of its own that it has read from before. */
final class TwoInstances implements AutoCloseable {
  private static final Channel CHANNEL = new Channel("test", "shop", "one", 2);
  private static final int HEAD_START_MILLIS = 300;
  private static final int LIMIT_SECONDS = 30;

  private final TargetSession first;
  private final TargetSession second;

  TwoInstances(Target target) {
    first = target.open("two-in");
    second = target.open("two-in");
    begin(first, 0);
    begin(second, 1);
  }

  private static void begin(TargetSession session, int partition) {
    try (TargetTransaction transaction = session.begin()) {
      transaction.advance(CHANNEL, List.of(new OffsetStep(partition, null, 1)));
      transaction.commit();
    }
  }

  /**
   * The first has begun to apply an event, of a key that it found unknown, when the second empties
   * the entity by a later one.
   */
  void emptyBeside(ChangeEvent older, ChangeEvent emptied) throws Exception {
    CompletableFuture<Void> emptying;
    try (TargetTransaction transaction = first.begin()) {
      transaction.advance(CHANNEL, List.of(new OffsetStep(0, 1L, 2)));
      EntityKey key = EntityKey.of(older);
      EntityKey whole = new EntityKey(older.entity(), "");
      if (!transaction.ledger(List.of(key, whole)).isEmpty()) {
        throw new IllegalStateException("known already");
      }
      emptying = CompletableFuture.runAsync(() -> empty(emptied));
      Thread.sleep(HEAD_START_MILLIS); // time enough to be done, for one that does not wait
      transaction.write(
          older.entity(),
          List.of(
              new RowWrite(
                  key,
                  RowWrite.Kind.UPSERT,
                  first.convertKey(older),
                  first.convert(older.entity(), Check.notNull(older.newValue(), "newValue")),
                  List.of(entry(key, older)))));
      transaction.commit();
    }
    emptying.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private void empty(ChangeEvent event) {
    while (true) {
      try (TargetTransaction transaction = second.begin()) {
        transaction.advance(CHANNEL, List.of(new OffsetStep(1, 1L, 2)));
        if (transaction.knowsLater(event.entity(), event.log(), event.version().toBytes())) {
          throw new IllegalStateException("something later was applied");
        }
        transaction.truncate(event.entity(), entry(new EntityKey(event.entity(), ""), event));
        transaction.commit();
        return;
      } catch (RestartException e) {
        // It met the other's transaction, as an applier begins it anew then.
      }
    }
  }

  private static LedgerEntry entry(EntityKey key, ChangeEvent event) {
    return new LedgerEntry(key, event.log(), event.version().toBytes(), false, null, 0);
  }

  @Override
  public void close() {
    first.close();
    second.close();
  }
}
