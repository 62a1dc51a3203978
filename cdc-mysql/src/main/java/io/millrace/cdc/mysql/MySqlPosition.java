package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.position.Position;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * A position in its parts.
 *
 * @param flavour of the server
 * @param server its identity (server_uuid, or MariaDB's server_id and server_uid) and when it
 *     started
 * @param file log file of the last transaction read, or where reading began
 * @param offset where that transaction begins in it
 * @param witness GTID of the last transaction read; empty where none was
 * @param before MariaDB: the transaction before the witness in its domain; may be empty
 * @param hash of the witness
 * @param set all transactions executed so far, the witness included; without GTIDs a {@link
 *     LogPlace}
 * @param open XA transactions of the set that are prepared and not ended: they are read again
 * @param captured which tables were captured, as {@link CaptureList#describe} or a hash of it;
 *     empty where that is not known
 */
record MySqlPosition(
    Flavour flavour,
    String server,
    String file,
    long offset,
    String witness,
    String before,
    int hash,
    String set,
    List<Prepared> open,
    String captured) {
  private static final String KIND = "mysql";

  private static final int FORMAT = 1;

  MySqlPosition {
    open = List.copyOf(open);
  }

  /**
   * An XA transaction that waits for its end.
   *
   * @param gtid under which it was prepared
   * @param before MariaDB: the transaction before it in its domain; may be empty
   */
  record Prepared(String gtid, String before) {}

  /** What was read and need not be sent again: without the witness and what is open. */
  GtidSet settled() {
    GtidSet settled = GtidSet.parse(flavour, set);
    if (hasWitness()) {
      settled.remove(witness, before);
    }
    // In the order in which they were prepared: the last to be taken out of a domain is the first.
    for (int i = open.size() - 1; i >= 0; i--) {
      settled.remove(open.get(i).gtid(), open.get(i).before());
    }
    return settled;
  }

  /** Whether it is a place in the log files of one server, which has no GTIDs. */
  boolean isPlace() {
    return LogPlace.isPlace(set);
  }

  /** Whether there is a transaction to read again. */
  boolean hasWitness() {
    return !witness.isEmpty();
  }

  /** The same transactions read, the last of them found elsewhere. */
  MySqlPosition at(String newServer, String newFile, long newOffset) {
    return new MySqlPosition(
        flavour, newServer, newFile, newOffset, witness, before, hash, set, open, captured);
  }

  /** The same transactions read, the last of them not to be found. */
  MySqlPosition without(String newServer, String newFile) {
    return new MySqlPosition(flavour, newServer, newFile, 0, "", "", 0, set, open, captured);
  }

  Position toPosition() {
    String text =
        "flavour="
            + flavour.tag()
            + " server="
            + encode(server)
            + " file="
            + encode(file)
            + " offset="
            + offset
            + " witness="
            + witness
            + " before="
            + before
            + " hash="
            + Integer.toHexString(hash)
            + " set="
            + set;
    if (!captured.isEmpty()) {
      text += " captured=" + encode(captured);
    }
    if (open.isEmpty()) {
      return new Position(KIND, FORMAT, text);
    }
    StringJoiner prepared = new StringJoiner(",");
    open.forEach(one -> prepared.add(one.gtid() + "@" + one.before()));
    return new Position(KIND, FORMAT, text + " open=" + prepared);
  }

  static MySqlPosition parse(Position position) {
    if (!position.kind().equals(KIND) || position.format() > FORMAT) {
      throw new SourceException(
          String.format(
              Locale.ROOT,
              "Position '%s' is no MySQL position of format %s or older: it belongs to another source"
                  + " or a newer release.",
              position,
              FORMAT));
    }
    Map<String, String> parts = new HashMap<>();
    for (String part : position.text().split(" ", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        parts.put(part.substring(0, equals), part.substring(equals + 1));
      }
    }
    try {
      return new MySqlPosition(
          part(parts, "flavour").equals(Flavour.MARIADB.tag()) ? Flavour.MARIADB : Flavour.MYSQL,
          decode(part(parts, "server")),
          decode(part(parts, "file")),
          Long.parseLong(part(parts, "offset")),
          part(parts, "witness"),
          part(parts, "before"),
          Integer.parseUnsignedInt(part(parts, "hash"), 16),
          part(parts, "set"),
          prepared(parts.getOrDefault("open", "")),
          decode(parts.getOrDefault("captured", "")));
    } catch (IllegalArgumentException e) {
      throw new SourceException("Position '" + position + "' is damaged: " + e.getMessage(), e);
    }
  }

  private static List<Prepared> prepared(String text) {
    List<Prepared> open = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      int at = one.indexOf('@');
      if (at > 0) {
        open.add(new Prepared(one.substring(0, at), one.substring(at + 1)));
      }
    }
    return open;
  }

  private static String part(Map<String, String> parts, String name) {
    String value = parts.get(name);
    if (value == null) {
      throw new IllegalArgumentException("it has no '" + name + "'");
    }
    return value;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
