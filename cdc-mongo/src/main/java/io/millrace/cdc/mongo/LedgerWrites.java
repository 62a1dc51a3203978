package io.millrace.cdc.mongo;

import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.WriteModel;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.apply.RowWrite;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bson.BsonDocument;

/**
 * Updates of the ledger within one transaction. They wait until somebody reads it, or until the
 * end. A key that is guarded was not read: its update changes the document only where the version
 * rises, and the server's count of changed documents says whether all of them did. Used by one
 * thread.
 */
final class LedgerWrites {
  private static final UpdateOptions UPSERT = new UpdateOptions().upsert(true);

  private final TargetSite site;
  private final TransactionSteps steps;
  private final LedgerForm form;
  private final Emptied emptied;

  /** One per key. */
  private final Map<EntityKey, WriteModel<BsonDocument>> pending = new LinkedHashMap<>();

  /** Each has to change its document; a key that was removed has two. */
  private final List<WriteModel<BsonDocument>> raising = new ArrayList<>();

  private final Set<EntityKey> guarded = new HashSet<>();
  private boolean atOnce;

  LedgerWrites(TargetSite site, TransactionSteps steps, LedgerForm form, Emptied emptied) {
    this.site = site;
    this.steps = steps;
    this.form = form;
    this.emptied = emptied;
  }

  /** The next write of each of these keys must raise its version. */
  void guard(Collection<EntityKey> keys) {
    guarded.addAll(keys);
  }

  /** One update per key, whatever the number of its logs. */
  void add(List<RowWrite> writes, long mark) {
    long at = site.clock().millis();
    for (RowWrite write : writes) {
      Map<EntityKey, List<LedgerEntry>> byKey = new LinkedHashMap<>(2);
      write
          .entries()
          .forEach(entry -> byKey.computeIfAbsent(entry.key(), k -> new ArrayList<>(2)).add(entry));
      byKey.forEach(
          (key, entries) -> {
            if (guarded.remove(key) && entries.size() == 1) {
              raise(entries.get(0), mark, at);
            } else {
              later(
                  key, new UpdateOneModel<>(form.of(key), form.update(entries, mark, at), UPSERT));
            }
          });
    }
    sendIfAtOnce();
  }

  private void raise(LedgerEntry entry, long mark, long at) {
    if (emptied.covers(entry)) {
      throw known();
    }
    raising.add(new UpdateOneModel<>(form.of(entry.key()), form.raise(entry, mark), UPSERT));
    if (entry.deleted()) {
      raising.add(new UpdateOneModel<>(form.of(entry.key()), form.removed(entry, mark, at)));
    }
  }

  /** Adds one update of a key. */
  void later(EntityKey key, WriteModel<BsonDocument> update) {
    if (pending.containsKey(key) || !raising.isEmpty()) {
      send(); // one after the other
    }
    pending.put(key, update);
  }

  /** Sends what is pending if all is sent at once. */
  void sendIfAtOnce() {
    if (atOnce) {
      send();
    }
  }

  /** From here on, what is written is sent at once. */
  void sendAtOnce() {
    send();
    atOnce = true;
  }

  /** Sends what is pending. */
  void send() {
    if (!pending.isEmpty()) {
      List<WriteModel<BsonDocument>> updates = List.copyOf(pending.values());
      pending.clear();
      steps.bulk(OwnCollections.LEDGER, updates);
    }
    if (!raising.isEmpty()) {
      List<WriteModel<BsonDocument>> updates = List.copyOf(raising);
      raising.clear();
      if (!steps.changeAll(OwnCollections.LEDGER, updates)) {
        throw known();
      }
    }
  }

  private RestartException known() {
    return new RestartException(
        site + ", writing the ledger: it knows an event of the batch, or a later one", null);
  }
}
