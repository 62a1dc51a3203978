package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.position.Position;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

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
 * @param set all transactions executed so far, the witness included
 */
record MySqlPosition(
    Flavour flavour,
    String server,
    String file,
    long offset,
    String witness,
    String before,
    int hash,
    String set) {
  private static final String KIND = "mysql";
  private static final int FORMAT = 1;

  /** Whether there is a transaction to read again. */
  boolean hasWitness() {
    return !witness.isEmpty();
  }

  /** The same transactions read, the last of them found elsewhere. */
  MySqlPosition at(String newServer, String newFile, long newOffset) {
    return new MySqlPosition(flavour, newServer, newFile, newOffset, witness, before, hash, set);
  }

  /** The same transactions read, the last of them not to be found. */
  MySqlPosition without(String newServer, String newFile) {
    return new MySqlPosition(flavour, newServer, newFile, 0, "", "", 0, set);
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
    return new Position(KIND, FORMAT, text);
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
          part(parts, "set"));
    } catch (IllegalArgumentException e) {
      throw new SourceException("Position '" + position + "' is damaged: " + e.getMessage(), e);
    }
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
