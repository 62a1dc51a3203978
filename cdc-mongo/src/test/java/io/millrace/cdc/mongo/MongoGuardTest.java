package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.OffsetStep;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.transport.Channel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The ledger refuses what it knows, also where nobody read it before. */
@NeedsServer(ServerKind.MONGO)
final class MongoGuardTest {
  private static final Channel CHANNEL = new Channel("test", "shop", "one", 1);
  private static final Channel WIDE = new Channel("test", "wide", "one", 2);
  private static final String LOG = "shop-1";

  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("guard");
  private final Map<String, Long> offsets = new java.util.HashMap<>();

  @AfterEach
  void drop() {
    database.drop();
  }

  private TargetSession open() {
    return MongoTarget.builder(server.client(), database.getName())
        .mirror("item", "item", m -> m.rename("id", "_id").fields("name"))
        .build()
        .open("in");
  }

  private static EntityKey key(long id) {
    return EntityKey.of("item", Long.toString(id));
  }

  private static byte[] version(long number) {
    return Version.of(1, ByteBuffer.allocate(8).putLong(number).array()).toBytes();
  }

  private static RowWrite upsert(long id, String log, long version) {
    return new RowWrite(
        key(id),
        RowWrite.Kind.UPSERT,
        Row.of("id", Value.of(id)),
        Row.of("name", Value.of("v" + version)),
        List.of(new LedgerEntry(key(id), log, version(version), false, null, 0)));
  }

  private static RowWrite delete(long id, long version) {
    return new RowWrite(
        key(id),
        RowWrite.Kind.DELETE,
        Row.of("id", Value.of(id)),
        Row.empty(),
        List.of(new LedgerEntry(key(id), LOG, version(version), true, null, 0)));
  }

  private void advance(TargetTransaction transaction, Channel channel) {
    Long before = offsets.get(channel.name());
    transaction.advance(
        channel, List.of(new OffsetStep(0, before, before == null ? 1 : before + 1)));
  }

  private void commit(TargetTransaction transaction, Channel channel) {
    transaction.commit();
    offsets.merge(channel.name(), 1L, Long::sum);
  }

  /** One batch whose keys are guarded, or read. */
  private void apply(TargetSession session, Channel channel, boolean guarded, RowWrite... writes) {
    try (TargetTransaction transaction = session.begin()) {
      advance(transaction, channel);
      List<EntityKey> keys = List.of(writes).stream().map(RowWrite::key).toList();
      if (guarded) {
        assertTrue(transaction.guard(keys));
      } else {
        transaction.ledger(keys);
      }
      transaction.write("item", List.of(writes));
      commit(transaction, channel);
    }
  }

  private void apply(TargetSession session, boolean guarded, RowWrite... writes) {
    apply(session, CHANNEL, guarded, writes);
  }

  private void refused(TargetSession session, RowWrite... writes) {
    String before = items();
    assertThrows(RestartException.class, () -> apply(session, true, writes));
    assertEquals(before, items());
  }

  private void truncate(TargetSession session, Channel channel, long version) {
    try (TargetTransaction transaction = session.begin()) {
      advance(transaction, channel);
      transaction.truncate(
          "item", new LedgerEntry(new EntityKey("item", ""), LOG, version(version), true, null, 0));
      commit(transaction, channel);
    }
  }

  private String items() {
    List<String> items = new ArrayList<>();
    database
        .getCollection("item")
        .find()
        .sort(new Document("_id", 1))
        .forEach(item -> items.add(item.get("_id") + item.getString("name")));
    return String.join(" ", items);
  }

  private Document entry(long id) {
    return database
        .getCollection(OwnCollections.LEDGER)
        .find(new Document("_id.i", Long.toString(id)))
        .first()
        .get("logs", Document.class)
        .get(LOG, Document.class);
  }

  @Test
  void what_the_ledger_knows_or_has_passed_is_refused_with_all_of_its_batch() {
    try (TargetSession session = open()) {
      apply(session, true, upsert(1, LOG, 5));
      apply(session, true, upsert(1, LOG, 6), upsert(2, LOG, 7));
      refused(session, upsert(1, LOG, 6), upsert(3, LOG, 8));
      refused(session, upsert(3, LOG, 8), upsert(1, LOG, 5));
      apply(session, true, upsert(3, LOG, 8), upsert(1, LOG, 9));
      assertEquals("1v9 2v7 3v8", items());
      assertEquals(4, session.offsets(CHANNEL).get(0).next() + 1);
    }
  }

  @Test
  void guarded_entries_and_those_that_were_read_follow_each_other() {
    try (TargetSession session = open()) {
      apply(session, false, upsert(1, LOG, 5));
      assertTrue(entry(1).containsKey(OwnForms.AT));
      refused(session, upsert(1, LOG, 5));
      apply(session, true, upsert(1, LOG, 6));
      apply(session, false, upsert(1, LOG, 7));
      refused(session, upsert(1, LOG, 7));
      refused(session, upsert(1, LOG, 6));
      assertEquals("1v7", items());
    }
  }

  @Test
  void logs_do_not_know_of_each_other() {
    try (TargetSession session = open()) {
      apply(session, true, upsert(1, LOG, 5));
      apply(session, true, upsert(1, "shop.2", 1));
      refused(session, upsert(1, "shop.2", 1));
      refused(session, upsert(1, LOG, 5));
      assertEquals("1v1", items());
      try (TargetTransaction transaction = session.begin()) {
        assertEquals(2, transaction.ledger(List.of(key(1))).size());
      }
    }
  }

  @Test
  void a_tombstone_keeps_older_events_away_and_has_its_time() {
    try (TargetSession session = open()) {
      apply(session, true, upsert(1, LOG, 5));
      assertFalse(entry(1).containsKey(OwnForms.AT));
      apply(session, true, delete(1, 6), delete(2, 7), upsert(3, LOG, 8));
      assertTrue(entry(1).containsKey(OwnForms.AT));
      assertTrue(entry(2).containsKey(OwnForms.AT));
      refused(session, upsert(2, LOG, 4));
      refused(session, delete(2, 7));
      refused(session, delete(1, 6), upsert(4, LOG, 9));
      assertEquals("3v8", items());
    }
  }

  @Test
  void what_is_older_than_a_truncation_is_refused_whoever_made_that() {
    for (Channel channel : List.of(CHANNEL, WIDE)) {
      long from = channel.equals(WIDE) ? 100 : 0;
      try (TargetSession session = open();
          TargetSession other = open()) {
        apply(session, channel, true, upsert(1, LOG, from + 5));
        apply(session, channel, true, upsert(1, LOG, from + 6)); // knows of no truncation now
        truncate(other, channel, from + 10);
        String before = items();
        assertThrows(
            RestartException.class, () -> apply(session, channel, true, upsert(2, LOG, from + 9)));
        assertEquals(before, items());
        apply(session, channel, true, upsert(2, LOG, from + 11));
        truncate(session, channel, from + 20);
        assertThrows(
            RestartException.class, () -> apply(session, channel, true, upsert(3, LOG, from + 15)));
        assertEquals("", items());
      }
    }
  }
}
