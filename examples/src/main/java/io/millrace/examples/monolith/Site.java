package io.millrace.examples.monolith;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One side's database as writers and judge use it: the plain driver, and nothing of the library.
 */
interface Site {
  /** Its side, which is the service's tag in the events: monolith or service. */
  String side();

  /** For people: which database it is. */
  String label();

  /** Makes the shop's empty tables or collections. */
  void create() throws Exception;

  /** Opens a session of the application. */
  Session open() throws Exception;

  /** Every row: by entity, then by the text of its key. */
  Map<String, Map<String, Map<String, @Nullable String>>> read() throws Exception;

  /**
   * Whether the state in its events is looked up after the change, and so may be a later one: the
   * change streams of MongoDB before 6.0, or without post-images.
   */
  boolean looksUp();

  /** What the sync's JVM needs to reach it: host, port, database, URL, user. */
  List<String> endpoint();

  /** The password that goes with it. */
  String password();

  /**
   * What must not grow without bound: sessions, rows of the ledger and of the change log; and the
   * shop's own rows to compare with.
   */
  Map<String, Long> sizes() throws Exception;
}
