package io.millrace.cdc.mongo;

import com.mongodb.MongoCommandException;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Indexes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** This library's collections in a target database. */
final class OwnCollections {
  /** Of every collection that is the library's own. */
  static final String PREFIX = "millrace_";

  static final String LEDGER = "millrace_ledger";
  static final String OFFSETS = "millrace_applier_offset";
  static final String HELD = "millrace_held";
  static final String HEARTBEATS = "millrace_applier_heartbeat";

  static final String SESSIONS = "millrace_applier_session";

  /** What an applier reads and writes. */
  static final List<String> ALL =
      List.of(LEDGER, OFFSETS, HELD, HEARTBEATS, SESSIONS, Marks.COLLECTION);

  private static final int NAMESPACE_EXISTS = 48;
  static final List<String> HELD_INDEX = List.of("_id.a", "_id.e", "_id.i", "_id.o");

  private OwnCollections() {}

  /** In the language of the server's shell. */
  static List<String> ddl(String database) {
    List<String> statements = new ArrayList<>();
    for (String name : ALL) {
      statements.add(
          String.format(
              Locale.ROOT, "db.getSiblingDB('%s').createCollection('%s')", database, name));
    }
    statements.add(
        String.format(
            Locale.ROOT,
            "db.getSiblingDB('%s').%s.createIndex({'_id.a': 1, '_id.e': 1, '_id.i': 1, '_id.o': 1})",
            database,
            HELD));
    return statements;
  }

  /**
   * Makes what is missing.
   *
   * @param mayIndex whether the user may make indexes
   */
  static void install(MongoDatabase database, Set<String> existing, boolean mayIndex) {
    for (String name : ALL) {
      if (!existing.contains(name)) {
        create(database, name);
      }
    }
    if (mayIndex || !existing.contains(HELD)) {
      // Also where it is there: who made it may have come no further.
      database.getCollection(HELD).createIndex(Indexes.ascending(HELD_INDEX));
    }
  }

  /** Makes a collection, unless somebody was quicker. */
  static void create(MongoDatabase database, String name) {
    try {
      database.createCollection(name);
    } catch (MongoCommandException e) {
      if (e.getErrorCode() != NAMESPACE_EXISTS) {
        throw e;
      }
    }
  }
}
