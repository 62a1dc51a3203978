package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.error.ApplyException;
import java.sql.BatchUpdateException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Small helpers for statements. */
final class Sql {
  private Sql() {}

  /** Something that talks to the server. */
  interface Call<T> {
    T run() throws SQLException;
  }

  /** Something that talks to the server and gives nothing. */
  interface Action {
    void run() throws SQLException;
  }

  /** A server, and what its errors mean. */
  record Site(SqlDialect dialect, String address) {
    <T> T call(String what, Call<T> call) {
      try {
        return call.run();
      } catch (SQLException e) {
        throw translate(what, e);
      }
    }

    void run(String what, Action action) {
      try {
        action.run();
      } catch (SQLException e) {
        throw translate(what, e);
      }
    }

    ApplyException translate(String what, SQLException e) {
      String message =
          "%s, %s: %s (SQLSTATE %s, code %s)"
              .formatted(this, what, said(e).getMessage(), e.getSQLState(), e.getErrorCode());
      return switch (dialect.classify(e)) {
        case DATA -> new RejectedException(message, e);
        case UNIQUE -> new RejectedException(message, e, true);
        case RETRY -> new ApplyException(message, e, true);
      };
    }

    /** What the server said; a driver may put the whole statement before it, values and all. */
    private static SQLException said(SQLException e) {
      SQLException next = e.getNextException();
      return e instanceof BatchUpdateException && next != null ? next : e;
    }

    @Override
    public String toString() {
      return dialect.name() + " at " + address;
    }
  }

  /** Parts of a list, each at most this long. */
  static <T> List<List<T>> chunks(List<T> all, int size) {
    if (all.size() <= size) {
      return all.isEmpty() ? List.of() : List.of(all);
    }
    List<List<T>> chunks = new ArrayList<>();
    for (int i = 0; i < all.size(); i += size) {
      chunks.add(all.subList(i, Math.min(all.size(), i + size)));
    }
    return chunks;
  }

  /** {@code (a, b), (a, b), …} */
  static String repeat(String group, int times) {
    StringBuilder text = new StringBuilder((group.length() + 2) * times);
    for (int i = 0; i < times; i++) {
      text.append(i == 0 ? "" : ", ").append(group);
    }
    return text.toString();
  }

  /** Sets a parameter for each value, row by row, from the statement's first on. */
  static void bindEach(
      SqlDialect dialect,
      PreparedStatement statement,
      List<TargetColumn> columns,
      int rows,
      SqlDialect.Cells cells)
      throws SQLException {
    int index = 1;
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns.size(); column++) {
        dialect.bind(statement, index++, columns.get(column), cells.value(row, column));
      }
    }
  }
}
