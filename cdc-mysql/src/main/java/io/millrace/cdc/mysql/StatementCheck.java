package io.millrace.cdc.mysql;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What statements of the log mean for captured tables. Used by one thread. */
final class StatementCheck {
  private static final Logger LOG = LoggerFactory.getLogger(StatementCheck.class);

  private final CaptureList tables;
  private final Pattern mentioned;
  private final Pattern databases;
  private @Nullable String removal;

  StatementCheck(CaptureList tables) {
    this.tables = tables;
    this.mentioned = tables.mentioned();
    this.databases = tables.databases();
  }

  /**
   * Why a statement cannot be passed over.
   *
   * @param why what it may do
   * @param remedy what to do about it
   */
  record Refusal(String why, String remedy) {}

  /** Looks at one that changes rows without saying which; null where it is of no concern. */
  @Nullable Refusal changing(Statement statement) {
    if (!tables.concerns(statement.database()) && !mentions(statement)) {
      return null;
    }
    return new Refusal(
        "it may change captured tables as a statement, without saying which rows: "
            + statement.shortened(),
        "Set binlog_format=ROW in every session (SET GLOBAL binlog_format=ROW, and reconnect).");
  }

  /** The captured table that a TRUNCATE empties, if it is clear that there is one. */
  @Nullable CapturedTable emptied(Statement statement) {
    return statement.truncated().map(tables::find).orElse(null);
  }

  /** Looks at a TRUNCATE of no captured table; null where it is of no concern. */
  @Nullable Refusal emptying(Statement statement) {
    if (statement.truncated().isPresent() || !mentions(statement)) {
      return null;
    }
    return new Refusal(
        "it may empty a captured table in a way that is not understood: " + statement.shortened(),
        "Write TRUNCATE TABLE database.table.");
  }

  /** Takes notice of one that makes, changes or removes tables. */
  void defining(Statement statement) {
    boolean near = mentions(statement);
    if (statement.isRemoval()
        && (near || (statement.isOfDatabase() && databases.matcher(statement.sql()).find()))) {
      LOG.warn("A captured table may be gone, and rows with it: {}", statement.shortened());
      removal = statement.shortened();
    } else if (near) {
      LOG.info("DDL near captured tables is not replicated: {}", statement.shortened());
    }
  }

  /** The statement that may have taken a captured table away since the last call, else null. */
  @Nullable String takeRemoval() {
    String taken = removal;
    removal = null;
    return taken;
  }

  private boolean mentions(Statement statement) {
    return mentioned.matcher(statement.sql()).find();
  }
}
