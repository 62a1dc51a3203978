package io.millrace.cdc.mysql;

/**
 * Executed transactions of one server, kept by us as events come; without GTIDs the place up to
 * which its log was read. Not thread-safe.
 */
interface GtidSet {
  /** Parses the flavour's own text; empty text is the empty set. */
  static GtidSet parse(Flavour flavour, String text) {
    if (LogPlace.isPlace(text)) {
      return LogPlace.parse(text);
    }
    return flavour == Flavour.MYSQL ? MySqlGtidSet.parse(text) : MariaDbGtidSet.parse(text);
  }

  /** A copy that changes on its own. */
  GtidSet copy();

  /** Adds one transaction. */
  void add(String gtid);

  /**
   * Takes one transaction out again, so that reading after the rest gives it first.
   *
   * @param before MariaDB: the domain's transaction before it, empty for none; MySQL ignores it
   */
  void remove(String gtid, String before);

  /** MariaDB: the last transaction of a transaction's domain, empty for none; MySQL: empty. */
  String before(String gtid);

  /** Whether a transaction is in it. */
  boolean has(String gtid);

  /** What this set has and the other has not, in the flavour's text; empty where nothing. */
  String minus(GtidSet other);

  boolean isEmpty();

  /** The flavour's own text. */
  @Override
  String toString();
}
