package io.millrace.cdc.mongo;

import org.jspecify.annotations.Nullable;

/**
 * What the text of a resume token says: a KeyString in hexadecimal digits of cluster time, version
 * of the token, its kind, place in the transaction, whether it is of an invalidate, the
 * collection's UUID, what the change is of, and for a part of an event the part's number.
 *
 * <p>Source: {@code resume_token.cpp} and {@code key_string.cpp} of MongoDB's server.
 */
final class TokenText {
  private static final int TIME_END = 18;
  private static final String END = "04";
  private static final int POSITIVE_ONE_BYTE = 0x2b;
  private static final int POSITIVE_EIGHT_BYTES = 0x32;
  private static final int ZERO = 0x29;
  private static final int NULL = 0x14;
  private static final int BINARY = 0x5a;

  /** Type, length, subtype and the bytes of a UUID. */
  private static final int UUID_DIGITS = 2 * (3 + 16);

  private TokenText() {}

  /**
   * Orders the tokens of two changes of one log. A server from 7.0 on writes tokens of another
   * version than one before; the same change then has another text, and its place in the log
   * decides.
   */
  static int compare(String one, String other) {
    int end = afterNumber(one, TIME_END);
    if (end > 0 && !one.regionMatches(TIME_END, other, TIME_END, end - TIME_END)) {
      String place = place(one);
      String otherPlace = place(other);
      if (place != null && otherPlace != null) {
        return place.compareTo(otherPlace);
      }
    }
    return one.compareTo(other);
  }

  /** Everything up to the collection's UUID but the version; null where it is not understood. */
  private static @Nullable String place(String token) {
    int version = afterNumber(token, TIME_END);
    int kind = afterNumber(token, version);
    int index = afterNumber(token, kind);
    int uuid = index < 0 ? -1 : index + 2; // one byte says whether it is of an invalidate
    if (uuid < 0 || uuid + 2 > token.length()) {
      return null;
    }
    int type = digits(token, uuid);
    int end = type == BINARY ? uuid + UUID_DIGITS : type == NULL ? uuid + 2 : uuid;
    return end > token.length()
        ? null
        : token.substring(0, TIME_END)
            + token.substring(version, uuid)
            + (type == BINARY ? token.substring(uuid, end) : "");
  }

  /** The index after a number that is not negative; -1 where there is none. */
  private static int afterNumber(String token, int at) {
    if (at < 0 || at + 2 > token.length()) {
      return -1;
    }
    int type = digits(token, at);
    if (type == ZERO) {
      return at + 2;
    }
    if (type < POSITIVE_ONE_BYTE || type > POSITIVE_EIGHT_BYTES) {
      return -1;
    }
    int end = at + 2 + 2 * (type - POSITIVE_ONE_BYTE + 1);
    return end <= token.length() ? end : -1;
  }

  private static int digits(String token, int at) {
    return Integer.parseInt(token, at, at + 2, 16);
  }

  /**
   * The token that an event would have had if it had not been sent in parts: the part's number is
   * the last thing in its token. It is the same each time the event is read, while how many parts
   * there are may depend on a state that is looked up.
   */
  static String whole(String part) {
    int end = part.length() - END.length();
    if (end < TIME_END + 2 || !part.endsWith(END)) {
      return part;
    }
    for (int at : new int[] {end - 2, end - 4}) {
      if (afterNumber(part, at) == end) {
        return part.substring(0, at) + END;
      }
    }
    return part;
  }
}
