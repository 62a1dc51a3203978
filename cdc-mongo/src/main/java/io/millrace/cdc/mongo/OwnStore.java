package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.ClientSession;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.DeleteManyModel;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.FindOneAndUpdateOptions;
import com.mongodb.client.model.InsertOneModel;
import com.mongodb.client.model.ReturnDocument;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.UpdateManyModel;
import com.mongodb.client.model.UpdateOneModel;
import com.mongodb.client.model.UpdateOptions;
import com.mongodb.client.model.Updates;
import com.mongodb.client.model.WriteModel;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.HeldEvent;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.OffsetStep;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.SeenHeartbeat;
import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.internal.Invariant;
import io.millrace.cdc.transport.Channel;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonNull;
import org.bson.BsonString;
import org.bson.RawBsonDocument;
import org.bson.conversions.Bson;

/**
 * What one applier keeps in this library's collections, within a transaction; {@link OwnForms} says
 * how the documents look.
 */
final class OwnStore {
  private static final UpdateOptions UPSERT = new UpdateOptions().upsert(true);
  private static final FindOneAndUpdateOptions TURN =
      new FindOneAndUpdateOptions()
          .returnDocument(ReturnDocument.AFTER)
          .projection(new BsonDocument("turn", new BsonInt32(1)));
  private static final int KEYS_PER_REQUEST = 5_000;
  private static final int PARENTS_PER_REQUEST = 200;

  private final String applier;
  private final TargetSite site;
  private final TransactionSteps steps;
  private final LedgerForm form;
  private final LedgerWrites ledger;
  private final Emptied emptied;

  OwnStore(String applier, TargetSite site, TransactionSteps steps, Emptied emptied) {
    this.applier = applier;
    this.site = site;
    this.steps = steps;
    this.form = new LedgerForm(applier);
    this.ledger = new LedgerWrites(site, steps, form, emptied);
    this.emptied = emptied;
  }

  void advance(Channel channel, Collection<OffsetStep> moves) {
    moves.stream()
        .sorted(Comparator.comparingInt(OffsetStep::partition))
        .forEach(move -> advance(channel, move));
  }

  private void advance(Channel channel, OffsetStep move) {
    Long expected = move.expected();
    steps.write(
        "moving offsets",
        OwnCollections.OFFSETS,
        (database, session) -> {
          MongoCollection<BsonDocument> offsets =
              database.getCollection(OwnCollections.OFFSETS, BsonDocument.class);
          boolean moved =
              expected == null
                  ? insertOffset(offsets, session, channel, move)
                  : updateOffset(offsets, session, channel, move, expected);
          if (!moved) {
            throw fenced(channel, move);
          }
        });
  }

  private FencedException fenced(Channel channel, OffsetStep move) {
    Long expected = move.expected();
    return new FencedException(
        "Applier '%s' expected offset %s of partition %s of '%s' but the target has another: another instance owns the partition now."
            .formatted(
                applier, expected == null ? "none" : expected, move.partition(), channel.name()));
  }

  private boolean insertOffset(
      MongoCollection<BsonDocument> offsets,
      ClientSession session,
      Channel channel,
      OffsetStep move) {
    BsonDocument id = OwnForms.partition(applier, channel, move.partition());
    try {
      offsets.insertOne(session, OwnForms.offset(id, channel, move.next(), now()));
      emptied.moved(false, 0);
      return true;
    } catch (MongoException e) {
      if (TargetErrors.isDuplicate(e)) {
        return false; // it is there already: somebody else began
      }
      throw e;
    }
  }

  private boolean updateOffset(
      MongoCollection<BsonDocument> offsets,
      ClientSession session,
      Channel channel,
      OffsetStep move,
      long expected) {
    BsonDocument id = OwnForms.partition(applier, channel, move.partition());
    Bson where =
        Filters.and(
            Filters.eq("_id", id),
            Filters.eq("next", expected),
            Filters.eq("incarnation", channel.incarnation()));
    // The turn makes it a write, and so keeps others away, also where the offset stays.
    Bson update =
        Updates.combine(
            Updates.set("next", move.next()), Updates.set("at", now()), Updates.inc("turn", 1L));
    BsonDocument moved = offsets.findOneAndUpdate(session, where, update, TURN);
    if (moved != null) {
      emptied.moved(channel.partitions() == 1, moved.getInt64("turn").getValue());
    }
    return moved != null;
  }

  private BsonDateTime now() {
    return new BsonDateTime(site.clock().millis());
  }

  List<LedgerEntry> ledger(Collection<EntityKey> keys) {
    send();
    List<LedgerEntry> entries = new ArrayList<>();
    for (List<EntityKey> chunk : chunks(keys, KEYS_PER_REQUEST)) {
      steps
          .find(RawBsonDocument.class, OwnCollections.LEDGER, form.of(chunk), null)
          .forEach(row -> entries.addAll(LedgerForm.entries(row)));
    }
    return entries;
  }

  /**
   * What the ledger has of the elements of some parents: their ids begin with the parent's, as
   * {@link LayoutCheck} sees to.
   */
  Map<String, List<LedgerEntry>> beneath(Nesting nesting, Collection<String> parents) {
    send();
    Map<String, List<LedgerEntry>> found = new LinkedHashMap<>();
    List<Bson> ranges = new ArrayList<>(parents.size());
    for (String parent : parents) {
      mustLead(nesting, parent);
      found.put(parent, new ArrayList<>());
      ranges.add(OwnForms.beneath(applier, nesting.child(), parent));
    }
    for (List<Bson> chunk : chunks(ranges, PARENTS_PER_REQUEST)) {
      for (RawBsonDocument row :
          steps.find(RawBsonDocument.class, OwnCollections.LEDGER, Filters.or(chunk), null)) {
        for (LedgerEntry entry : LedgerForm.entries(row)) {
          above(entry.key().id(), found).add(entry);
        }
      }
    }
    return found;
  }

  private static List<LedgerEntry> above(String id, Map<String, List<LedgerEntry>> parents) {
    for (int comma = id.indexOf(','); comma >= 0; comma = id.indexOf(',', comma + 1)) {
      List<LedgerEntry> entries = parents.get(id.substring(0, comma));
      if (entries != null) {
        return entries;
      }
    }
    throw Invariant.broken("the ledger found '%s' beneath none of %s", id, parents.keySet());
  }

  /** The ledger shortens long ids, and then their beginning says nothing certain. */
  private static void mustLead(Nesting nesting, String parent) {
    if (!EntityKey.leads(parent)) {
      throw new RejectedException(
          "'%s' has a key of %s characters: too long for a list of '%s' in shared mode, whose elements have to be found by it. Give it a shorter key, or map both in mirror mode."
              .formatted(nesting.parent(), parent.length(), nesting.child()));
    }
  }

  private static <T> List<List<T>> chunks(Collection<T> items, int most) {
    List<T> all = List.copyOf(items);
    List<List<T>> chunks = new ArrayList<>();
    for (int from = 0; from < all.size(); from += most) {
      chunks.add(all.subList(from, Math.min(all.size(), from + most)));
    }
    return chunks;
  }

  /** Whether the ledger's versions of these keys are compared when they are written. */
  boolean guard(Collection<EntityKey> keys) {
    if (steps.gathers()) {
      return false; // what is sent last should not be what is refused
    }
    emptied.learn(keys, this::ledger);
    ledger.guard(keys);
    return true;
  }

  void writeLedger(List<RowWrite> writes, long mark) {
    ledger.add(writes, mark);
  }

  /** From here on, what is written is sent at once. */
  void sendAtOnce() {
    ledger.sendAtOnce();
  }

  /** Sends what is pending. */
  void send() {
    ledger.send();
  }

  void updateShadows(List<LedgerEntry> foldRows) {
    for (LedgerEntry entry : foldRows) {
      byte[] shadow = entry.shadow();
      if (shadow != null) {
        ledger.later(
            entry.key(),
            new UpdateOneModel<>(
                form.of(entry.key()),
                Updates.set(OwnForms.FOLD + "." + OwnForms.SHADOW, new BsonBinary(shadow))));
      }
    }
    ledger.sendIfAtOnce();
  }

  /**
   * Every transaction of an applier moves an offset: one that is under way meets this one, which is
   * then taken again, and so does each that begins before this one ends.
   */
  private void meetOthers() {
    steps.write(
        "meeting the applier's other transactions",
        OwnCollections.OFFSETS,
        (database, session) ->
            database
                .getCollection(OwnCollections.OFFSETS, BsonDocument.class)
                .updateMany(session, Filters.eq("_id.a", applier), Updates.inc("turn", 1L)));
  }

  boolean knowsLater(String entity, String log, byte[] version) {
    send();
    meetOthers();
    Bson later =
        Filters.and(
            OwnForms.ofEntity(applier, entity),
            Filters.gt(
                OwnForms.place(log) + "." + OwnForms.VERSION, HexFormat.of().formatHex(version)));
    return steps.read(
        "reading the ledger",
        OwnCollections.LEDGER,
        (database, session) ->
            database
                    .getCollection(OwnCollections.LEDGER, BsonDocument.class)
                    .find(session, later)
                    .first()
                != null);
  }

  Set<EntityKey> held(Collection<EntityKey> keys) {
    Set<EntityKey> held = new HashSet<>();
    for (List<EntityKey> chunk : chunks(keys, KEYS_PER_REQUEST)) {
      Map<String, List<String>> byEntity = new LinkedHashMap<>();
      chunk.forEach(
          key -> byEntity.computeIfAbsent(key.entity(), e -> new ArrayList<>()).add(key.id()));
      List<Bson> any = new ArrayList<>();
      byEntity.forEach(
          (entity, ids) ->
              any.add(Filters.and(Filters.eq("_id.e", entity), Filters.in("_id.i", ids))));
      Bson where = Filters.and(Filters.eq("_id.a", applier), Filters.or(any));
      steps
          .find(
              BsonDocument.class,
              OwnCollections.HELD,
              where,
              new BsonDocument("_id", new BsonInt32(1)))
          .forEach(row -> held.add(OwnForms.key(row.getDocument("_id"))));
    }
    return held;
  }

  void hold(List<HeldEvent> events) {
    List<WriteModel<BsonDocument>> inserts = new ArrayList<>(events.size());
    events.forEach(event -> inserts.add(new InsertOneModel<>(OwnForms.held(applier, event))));
    steps.bulk(OwnCollections.HELD, inserts);
  }

  /** In the order of the index: the server sorts only so many bytes by itself. */
  List<HeldEvent> heldEvents(EntityKey key) {
    List<HeldEvent> events = new ArrayList<>();
    steps
        .find(
            BsonDocument.class,
            OwnCollections.HELD,
            waiting(key),
            null,
            Sorts.ascending(OwnCollections.HELD_INDEX))
        .forEach(row -> events.add(OwnForms.held(row)));
    return events;
  }

  private Bson waiting(EntityKey key) {
    return Filters.and(
        Filters.eq("_id.a", applier),
        Filters.eq("_id.e", key.entity()),
        Filters.eq("_id.i", key.id()));
  }

  void release(EntityKey key, long upToOffset) {
    steps.bulk(
        OwnCollections.HELD,
        List.of(
            new DeleteManyModel<>(Filters.and(waiting(key), Filters.lte("_id.o", upToOffset)))));
  }

  /** Whoever else removes it, too, undoes one of the two transactions. */
  boolean take(EntityKey key, long offset) {
    boolean there =
        heldEvents(key).stream().anyMatch(waiting -> waiting.delivery().offset() == offset);
    if (there) {
      steps.bulk(
          OwnCollections.HELD,
          List.of(new DeleteManyModel<>(Filters.and(waiting(key), Filters.eq("_id.o", offset)))));
    }
    return there;
  }

  void retried(EntityKey key, String error, int attempts, boolean parked) {
    BsonDocument set =
        new BsonDocument("error", new BsonString(error))
            .append("attempts", new BsonInt32(attempts))
            .append("parked", BsonBoolean.valueOf(parked));
    steps.bulk(
        OwnCollections.HELD,
        List.of(new UpdateManyModel<>(waiting(key), new BsonDocument("$set", set))));
  }

  /** The last of each log and partition counts. */
  void heard(Channel channel, Collection<SeenHeartbeat> heartbeats) {
    Map<BsonDocument, WriteModel<BsonDocument>> last = new LinkedHashMap<>();
    for (SeenHeartbeat seen : heartbeats) {
      BsonDocument id = OwnForms.heartbeat(applier, channel, seen.log(), seen.partition());
      BsonDocument set =
          new BsonDocument("written_at", micros(seen.heartbeat().writtenAt()))
              .append("acknowledged", BsonNull.VALUE)
              .append("acknowledged_at", BsonNull.VALUE)
              .append("format", new BsonInt32(OwnForms.FORMAT));
      if (seen.heartbeat().acknowledged().isPresent()) {
        Heartbeat.Mark mark = seen.heartbeat().acknowledged().get();
        set.append("acknowledged", new BsonString(mark.version().toHex()))
            .append("acknowledged_at", micros(mark.writtenAt()));
      }
      last.put(
          id, new UpdateOneModel<>(Filters.eq("_id", id), new BsonDocument("$set", set), UPSERT));
    }
    steps.bulk(OwnCollections.HEARTBEATS, List.copyOf(last.values()));
  }

  private static BsonInt64 micros(Instant instant) {
    return new BsonInt64(ChronoUnit.MICROS.between(Instant.EPOCH, instant));
  }
}
