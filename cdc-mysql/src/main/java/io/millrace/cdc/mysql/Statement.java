package io.millrace.cdc.mysql;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A statement as it stands in the log, looked at only as far as a row reader must: what begins and
 * ends transactions, what changes rows without row events, what empties a table.
 *
 * @param database the session's default database, maybe empty
 * @param sql as logged
 * @param kind what it does
 */
record Statement(String database, String sql, Kind kind) {
  /** What a statement does to the stream. */
  enum Kind {
    BEGIN,
    COMMIT,
    ROLLBACK,
    ROLLBACK_TO,
    SAVEPOINT,
    XA_START,
    XA_END,
    XA_COMMIT,
    XA_ROLLBACK,
    /** Changes rows, and no row events say which. */
    DML,
    TRUNCATE,
    /** Everything else; it ends its transaction by itself. */
    DDL
  }

  private static final byte[] BEGIN = {'B', 'E', 'G', 'I', 'N'};

  /** What MySQL writes before the rows of every transaction. */
  private static final Statement BEGINNING = new Statement("", "BEGIN", Kind.BEGIN);

  private static final String NAME = "(?:`((?:[^`]|``)+)`|([\\p{L}\\p{N}_$]+))";

  private static final Pattern TRUNCATE =
      Pattern.compile(
          "TRUNCATE\\s+(?:TABLE\\s+)?"
              + NAME
              + "(?:\\s*\\.\\s*"
              + NAME
              + ")?\\s*(?:(?:NO)?WAIT.*)?;?\\s*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  /** Not one that the server executes. */
  private static final Pattern COMMENT = Pattern.compile("/\\*(?!!|M!).*?\\*/", Pattern.DOTALL);

  private static final Pattern REMOVAL =
      Pattern.compile(
          "^(?:DROP\\s+(?:TABLE|TABLES|DATABASE|SCHEMA)\\b|RENAME\\s"
              + "|ALTER\\s+TABLE\\b.*\\bRENAME\\s+(?!(?:COLUMN|INDEX|KEY|CONSTRAINT)\\b))",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private static final Pattern OF_DATABASE =
      Pattern.compile("^DROP\\s+(?:DATABASE|SCHEMA)\\b", Pattern.CASE_INSENSITIVE);

  /** Makes, changes, renames or removes tables. */
  private static final Pattern DEFINITION =
      Pattern.compile(
          "^(?:CREATE\\s+(?:OR\\s+REPLACE\\s+)?(?:TEMPORARY\\s+)?TABLE\\b"
              + "|ALTER\\s+(?:ONLINE\\s+|OFFLINE\\s+|IGNORE\\s+)*(?:TABLE|DATABASE|SCHEMA)\\b"
              + "|DROP\\s+(?:TEMPORARY\\s+)?(?:TABLE|TABLES|DATABASE|SCHEMA)\\b"
              + "|RENAME\\s+(?:TABLE|TABLES)\\b)",
          Pattern.CASE_INSENSITIVE);

  /** What ALTER TABLE changes, where it says so plainly. */
  private static final Pattern ALTERED =
      Pattern.compile(
          "ALTER\\s+(?:ONLINE\\s+|OFFLINE\\s+|IGNORE\\s+)*TABLE\\s+(?:IF\\s+EXISTS\\s+)?"
              + NAME
              + "(?:\\s*\\.\\s*"
              + NAME
              + ")?(?=[\\s;]|$)",
          Pattern.CASE_INSENSITIVE);

  /** Reads a QUERY event, compressed or not, or EXECUTE_LOAD_QUERY, which has more in front. */
  static Statement read(RawEvent event) {
    ByteReader in = event.body();
    in.position += 8;
    int databaseLength = in.u8();
    in.position += 2;
    int variables = in.u16();
    if (event.type() == EventCode.EXECUTE_LOAD_QUERY) {
      in.position += 13;
    }
    in.position += variables;
    int text = in.position + databaseLength + 1;
    if (event.type() == EventCode.QUERY
        && Arrays.equals(BEGIN, 0, BEGIN.length, in.bytes, text, Math.max(text, event.end()))) {
      return BEGINNING;
    }
    String database = in.utf8(databaseLength);
    in.position++;
    String sql =
        event.type() == EventCode.QUERY_COMPRESSED
            ? new String(Unpacking.statement(in), StandardCharsets.UTF_8)
            : in.utf8(in.remaining());
    Kind kind = event.type() == EventCode.EXECUTE_LOAD_QUERY ? Kind.DML : kind(bare(sql));
    return new Statement(database, sql, kind);
  }

  private static Kind kind(String sql) {
    String[] words = sql.substring(0, Math.min(40, sql.length())).split("[\\s(;]+", 3);
    String second = words.length > 1 ? words[1].toUpperCase(Locale.ROOT) : "";
    return switch (words[0].toUpperCase(Locale.ROOT)) {
      case "BEGIN" -> Kind.BEGIN;
      case "COMMIT" -> Kind.COMMIT;
      case "ROLLBACK" ->
          second.isEmpty() || second.equals("WORK") ? Kind.ROLLBACK : Kind.ROLLBACK_TO;
      case "SAVEPOINT", "RELEASE" -> Kind.SAVEPOINT;
      case "XA" ->
          switch (second) {
            case "START", "BEGIN" -> Kind.XA_START;
            case "END" -> Kind.XA_END;
            case "ROLLBACK" -> Kind.XA_ROLLBACK;
            default -> Kind.XA_COMMIT;
          };
      case "INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "MERGE", "CALL", "DO", "WITH" ->
          Kind.DML;
      case "TRUNCATE" -> Kind.TRUNCATE;
      default -> Kind.DDL;
    };
  }

  /** Without white space and comments in front; a comment that the server executes is opened. */
  private static String bare(String sql) {
    int at = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (sql.startsWith("/*!", at) || sql.startsWith("/*M!", at)) {
        at = sql.indexOf('!', at) + 1;
        while (at < sql.length() && Character.isDigit(sql.charAt(at))) {
          at++;
        }
      } else if (sql.startsWith("/*", at)) {
        int end = sql.indexOf("*/", at + 2);
        at = end < 0 ? sql.length() : end + 2;
      } else if (c == '#' || sql.startsWith("-- ", at)) {
        int end = sql.indexOf('\n', at);
        at = end < 0 ? sql.length() : end + 1;
      } else {
        return sql.substring(at);
      }
    }
    return "";
  }

  /** Whether it takes tables or databases away, or gives tables another name. */
  boolean isRemoval() {
    return REMOVAL.matcher(bare(sql)).find();
  }

  /** Whether it makes, changes, renames or removes tables. */
  boolean definesTables() {
    return kind == Kind.DDL && DEFINITION.matcher(bare(sql)).find();
  }

  /** Whether it may do that to a table, {@code database.table}; rather yes than no. */
  boolean mayDefine(String qualified) {
    int dot = qualified.indexOf('.');
    Matcher altered = ALTERED.matcher(COMMENT.matcher(bare(sql)).replaceAll(" "));
    if (!isRemoval() && altered.lookingAt()) {
      String first = name(altered, 1);
      boolean alone = altered.group(3) == null && altered.group(4) == null;
      return (alone ? database + "." + first : first + "." + name(altered, 3))
          .equalsIgnoreCase(qualified);
    }
    String name = isOfDatabase() ? qualified.substring(0, dot) : qualified.substring(dot + 1);
    return Pattern.compile(
            "(?<![\\w$])" + Pattern.quote(name) + "(?![\\w$])",
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
        .matcher(sql)
        .find();
  }

  /** Whether it is about a whole database, {@code DROP DATABASE}. */
  boolean isOfDatabase() {
    return OF_DATABASE.matcher(bare(sql)).find();
  }

  /**
   * The table that a TRUNCATE empties, as {@code database.table}; empty where that is not plain.
   */
  Optional<String> truncated() {
    Matcher matcher = TRUNCATE.matcher(COMMENT.matcher(bare(sql)).replaceAll(" "));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String first = name(matcher, 1);
    return Optional.of(
        matcher.group(3) == null && matcher.group(4) == null
            ? database + "." + first
            : first + "." + name(matcher, 3));
  }

  private static String name(Matcher matcher, int group) {
    String quoted = matcher.group(group);
    return quoted != null ? quoted.replace("``", "`") : matcher.group(group + 1);
  }

  /** The beginning, for messages; no data beyond it. */
  String shortened() {
    String line = sql.replaceAll("\\s+", " ").strip();
    return line.length() <= 80 ? line : line.substring(0, 80) + "…";
  }
}
