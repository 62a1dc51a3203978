package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.OwnLog;
import io.millrace.cdc.event.Value;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What differs between SQL databases. Stateless and thread-safe; statements run on the caller's
 * connection.
 */
public interface SqlDialect {
  /** What to do about a failed statement. */
  enum Failure {
    /** The data is refused: hold the key. */
    DATA,
    /** As DATA: another row has a value that must be unique. */
    UNIQUE,
    /** Anything else: try again. */
    RETRY
  }

  /** Name of the database for messages, e.g. {@code PostgreSQL}. */
  String name();

  /** Statements that make this library's tables, in order; each may run again without harm. */
  List<String> ddl();

  /**
   * Full name of one of this library's tables: {@code ledger}, {@code applier_offset}, {@code
   * held}, {@code applier_heartbeat}.
   */
  String ownTable(String plainName);

  /** Whether this library's tables are there. */
  boolean installed(Connection connection) throws SQLException;

  /**
   * Makes the session exact: strict, UTC, READ COMMITTED, text forms that lose nothing. Where the
   * server can, it ends the session whose client says nothing within a transaction for about the
   * limit, so that one that is gone without a word does not keep its locks.
   *
   * @param limit how long this side waits for an answer
   * @return puts everything back, for pools
   */
  Restore prepare(Connection connection, Duration limit) throws SQLException;

  /** Undoes what {@link SqlDialect#prepare} set. */
  interface Restore {
    /** Undoes it. */
    void run() throws SQLException;
  }

  /** Called at the beginning of every transaction. */
  void begin(Connection connection) throws SQLException;

  /** Describes a table as the user named it; null where it does not exist. */
  @Nullable TargetTable describe(Connection connection, String table) throws SQLException;

  /** How a table's key is used; asked where a row's key changes. */
  KeyUse keyUse(Connection connection, TargetTable table) throws SQLException;

  /** Log and epoch under which this database is captured. */
  Optional<OwnLog> ownLog(Connection connection) throws SQLException;

  /**
   * Makes sure that the epoch of {@link #ownLog} is of this server. Called once per connection, in
   * auto-commit mode, before an entity that both sides write is applied.
   *
   * <p>A log's epoch rises when its source finds the server restored, promoted or restarted. An
   * applier that is there before its source must not take the old epoch for the current one: own
   * events of an older epoch count as foreign, which is how a restored site takes back the writes
   * it lost. So either the dialect raises the epoch itself, or it fails with a retryable {@link
   * io.millrace.cdc.error.ApplyException} until the source has. Does nothing by default.
   */
  default void settleOwnEpoch(Connection connection) throws SQLException {}

  /** What kind of failure this is. */
  Failure classify(SQLException failure);

  /** Whether the server refused a statement because the user lacks a right. */
  default boolean lacksRight(SQLException failure) {
    return "42501".equals(failure.getSQLState());
  }

  /** Most parameters of one statement. */
  int maxParameters();

  /** Values of several rows. */
  interface Cells {
    /** The converted value of a column, both counted from 0. */
    Value value(int row, int column);
  }

  /** Most rows of {@link #rows} in one statement. */
  default int maxRows(int columns) {
    return maxParameters() / columns;
  }

  /**
   * What stands in an INSERT for rows of these columns; {@link #bindRows} sets its parameters. By
   * default VALUES with a parameter for each value.
   */
  default String rows(List<TargetColumn> columns, int rows) {
    List<String> places = columns.stream().map(this::placeholder).toList();
    return "VALUES " + Sql.repeat("(" + String.join(", ", places) + ")", rows);
  }

  /** Sets the parameters of {@link #rows}, which are the statement's first. */
  default void bindRows(
      PreparedStatement statement, List<TargetColumn> columns, int rows, Cells cells)
      throws SQLException {
    Sql.bindEach(this, statement, columns, rows, cells);
  }

  /**
   * What stands behind a column that is one of several values; {@link #bindAny} sets its
   * parameters.
   */
  default String any(TargetColumn column, int values) {
    return "IN (" + Sql.repeat(placeholder(column), values) + ")";
  }

  /**
   * Sets the parameters of {@link #any}, which are the statement's first.
   *
   * @param cells one column
   */
  default void bindAny(PreparedStatement statement, TargetColumn column, int values, Cells cells)
      throws SQLException {
    Sql.bindEach(this, statement, List.of(column), values, cells);
  }

  /** Whether NaN and infinities of this column type can be stored. */
  boolean storesSpecial(ColumnType type);

  /**
   * Prefix of the type names of raw values that this database can read back, e.g. {@code
   * postgres:}.
   */
  List<String> rawTypePrefixes();

  /** What stands for a column's value in a statement, with one parameter. */
  String placeholder(TargetColumn column);

  /** Sets a parameter to a converted value. */
  void bind(PreparedStatement statement, int index, TargetColumn column, Value value)
      throws SQLException;

  /** The expression that reads a column for {@link #read}. */
  String readExpression(TargetColumn column);

  /** Reads a column as a converted value. */
  Value read(ResultSet rows, int index, TargetColumn column) throws SQLException;

  /** Sets a text parameter of this library's own tables, which compare text as bytes. */
  void bindText(PreparedStatement statement, int index, String text) throws SQLException;

  /**
   * What stands behind a text column of this library's own tables that is one of several texts;
   * {@link #bindAnyText} sets its parameters.
   */
  default String anyText(int texts) {
    return "IN (" + Sql.repeat("?", texts) + ")";
  }

  /** Sets the parameters of {@link #anyText}. */
  default void bindAnyText(PreparedStatement statement, int from, List<String> texts)
      throws SQLException {
    for (int i = 0; i < texts.size(); i++) {
      bindText(statement, from + i, texts.get(i));
    }
  }

  /** Reads a text column of this library's own tables. */
  String readText(ResultSet rows, int index) throws SQLException;

  /** The expression that gives a time of this library's own tables in microseconds since 1970. */
  String epochMicros(String column);

  /** What stands between the table's name and VALUES, after the columns. */
  String insertModifier();

  /** What makes an insert an upsert by key, setting the given columns. */
  String upsertClause(List<TargetColumn> key, List<TargetColumn> others);

  /** Writes ledger rows, all at once and before anything else. */
  void writeLedger(Connection connection, LedgerGroup group) throws SQLException;
}
