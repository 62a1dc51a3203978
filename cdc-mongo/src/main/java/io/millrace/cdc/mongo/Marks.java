package io.millrace.cdc.mongo;

import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an applier said about the documents it is going to write, within one transaction: a document
 * of {@code millrace_mark} that is replaced names what is written after it, until the next. Used by
 * one thread.
 *
 * <p>Its form: {@code {_id, mark, hops, rows: [{c: collection, k: canonical id}, …]}}; an empty id
 * names every document of the collection.
 */
final class Marks {
  /** The collection that marks are written to, in the database of the documents. */
  static final String COLLECTION = "millrace_mark";

  private static final byte[] UTF8 = COLLECTION.getBytes(StandardCharsets.UTF_8);

  /** In the place of an id: no key's canonical text is empty. */
  private static final String EVERY_DOCUMENT = "";

  private record Named(String collection, String id) {}

  private final Set<Named> marked = new HashSet<>();
  private byte @Nullable [] transaction;
  private int hops;
  private boolean applier;

  /** Whether a transaction of several changes was read whose last change came before this one. */
  boolean endsBefore(ChangeDocument change) {
    byte[] current = transaction;
    return current != null && !change.isOf(current);
  }

  /** The transaction is at its end, and so is what was marked in it. */
  void leave() {
    marked.clear();
    hops = 0;
    applier = false;
    transaction = null;
  }

  /** Says which transaction a change belongs to. */
  void enter(ChangeDocument change) {
    if (transaction == null && change.transactional()) {
      transaction = change.transaction();
    }
  }

  /** Whether the last change belongs to a transaction of several changes. */
  boolean inTransaction() {
    return transaction != null;
  }

  /** Notes what a change says that is not given out: it was, before a restart. */
  void follow(ChangeDocument change, BsonDecoder decoder) {
    if (endsBefore(change)) {
      leave();
    }
    enter(change);
    if (isMark(change)) {
      add(decoder.row(change.bytes(), change.document()));
    }
  }

  /** Whether a change is a mark. */
  static boolean isMark(ChangeDocument change) {
    return isAbout(change) && change.hasDocument();
  }

  /** Whether something befell the marks' collection. */
  static boolean isAbout(ChangeDocument change) {
    return change.isCollection(UTF8);
  }

  /** Takes a mark. One that somebody wrote outside a transaction marks nothing. */
  void add(Row mark) {
    if (transaction == null) {
      return;
    }
    marked.clear();
    applier = true;
    if (mark.get("hops") instanceof Value.Int32Value number) {
      hops = Math.max(hops, number.value());
    }
    if (mark.get("rows") instanceof Value.ListValue rows) {
      for (Value row : rows.values()) {
        if (row instanceof Value.DocumentValue named
            && named.fields().get("c") instanceof Value.StringValue collection
            && named.fields().get("k") instanceof Value.StringValue id) {
          marked.add(new Named(collection.value(), id.value()));
        }
      }
    }
  }

  /** Whether the applier named any document. */
  boolean any() {
    return !marked.isEmpty();
  }

  /** Whether the applier named a document. */
  boolean names(String collection, String id) {
    return any()
        && (marked.contains(new Named(collection, id))
            || marked.contains(new Named(collection, EVERY_DOCUMENT)));
  }

  /** Of what was not written by the applier itself: 0 outside an applier's transaction. */
  int hops() {
    return applier ? hops + 1 : 0;
  }
}
