package io.millrace.cdc.postgres;

import io.millrace.cdc.apply.jdbc.SqlDialect;
import io.millrace.cdc.apply.jdbc.TargetColumn;
import io.millrace.cdc.event.Value;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows as one array of texts per column: the statement is the same for any number of rows, so that
 * the server parses and plans it once, and not thousands of parameters in every batch.
 */
final class PostgresArrays {
  /** A limit for the size of a message, not for the number of parameters. */
  static final int MAX_ROWS = 1000;

  private PostgresArrays() {}

  /** The rows, cast to the columns' types; one parameter for each column. */
  static String select(List<TargetColumn> columns) {
    List<String> casts = new ArrayList<>(columns.size());
    List<String> arrays = new ArrayList<>(columns.size());
    List<String> names = new ArrayList<>(columns.size());
    for (int i = 0; i < columns.size(); i++) {
      casts.add("CAST(v." + name(i) + " AS " + columns.get(i).castType() + ")");
      arrays.add("CAST(? AS text[])");
      names.add(name(i));
    }
    return "SELECT "
        + String.join(", ", casts)
        + " FROM unnest("
        + String.join(", ", arrays)
        + ") AS v("
        + String.join(", ", names)
        + ")";
  }

  /** What a column is called among the rows. */
  static String name(int column) {
    return "c" + column;
  }

  static void bind(
      PreparedStatement statement, int index, int rows, SqlDialect.Cells cells, int column)
      throws SQLException {
    String[] texts = new String[rows];
    for (int row = 0; row < rows; row++) {
      Value value = cells.value(row, column);
      texts[row] = value.isNull() ? null : PostgresText.write(value);
    }
    set(statement, index, "text", texts);
  }

  /** Texts of this library's own tables. */
  static void bindTexts(PreparedStatement statement, int index, List<@Nullable String> texts)
      throws SQLException {
    String[] all = new String[texts.size()];
    for (int i = 0; i < all.length; i++) {
      String text = texts.get(i);
      all[i] = text == null ? null : PostgresText.ownText(text);
    }
    set(statement, index, "text", all);
  }

  static void set(PreparedStatement statement, int index, String type, Object[] elements)
      throws SQLException {
    statement.setArray(index, statement.getConnection().createArrayOf(type, elements));
  }
}
