package io.millrace.cdc.position;

import io.millrace.cdc.internal.Connections;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code millrace_gap}: one row per gap in the order of their acceptance, two of one
 * epoch where the log stayed the same and only the position was lost. Made when the first gap is
 * accepted: reading works without it.
 */
final class JdbcGaps {
  private static final int FORMAT = 1;

  private final PositionTransactions transactions;
  private final PositionRows rows;

  JdbcGaps(Connections connections, PositionRows rows) {
    this.transactions = new PositionTransactions(connections, PositionDialect.GAP);
    this.rows = rows;
  }

  void save(Lease lease, AcceptedGap gap) {
    transactions.run(
        lease.pipeline(),
        (connection, dialect) -> {
          rows.save(connection, dialect, lease, Optional.of(gap.to()), gap.epoch());
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "insert into millrace_gap (pipeline, place, epoch, format, accepted_at, reason,"
                      + " from_kind, from_format, from_text, to_kind, to_format, to_text)"
                      + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            statement.setString(1, lease.pipeline());
            statement.setLong(2, last(connection, lease.pipeline()) + 1);
            statement.setLong(3, gap.epoch());
            statement.setInt(4, FORMAT);
            statement.setLong(5, gap.acceptedAt().toEpochMilli());
            statement.setString(6, gap.reason());
            position(statement, 7, gap.from().orElse(null));
            position(statement, 10, gap.to());
            statement.executeUpdate();
          }
          return lease;
        });
  }

  private static long last(Connection connection, String pipeline) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select coalesce(max(place), 0) from millrace_gap where pipeline = ?")) {
      statement.setString(1, pipeline);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  List<AcceptedGap> all(Lease lease) {
    return transactions.runIfThere(
        lease.pipeline(),
        List.of(),
        (connection, dialect) -> {
          rows.owned(connection, lease);
          List<AcceptedGap> gaps = new ArrayList<>();
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "select format, accepted_at, reason, from_kind, from_format, from_text, to_kind,"
                      + " to_format, to_text, epoch from millrace_gap where pipeline = ?"
                      + " order by place")) {
            statement.setString(1, lease.pipeline());
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                PositionRecord.checkFormat(row.getInt(1), FORMAT, "millrace_gap", lease.pipeline());
                gaps.add(
                    new AcceptedGap(
                        Instant.ofEpochMilli(row.getLong(2)),
                        row.getString(3),
                        row.getString(4) == null ? Optional.empty() : Optional.of(position(row, 4)),
                        position(row, 7),
                        row.getLong(10)));
              }
            }
          }
          return gaps;
        });
  }

  private static void position(PreparedStatement statement, int index, @Nullable Position position)
      throws SQLException {
    statement.setString(index, position == null ? null : position.kind());
    statement.setObject(index + 1, position == null ? null : position.format(), Types.INTEGER);
    statement.setString(index + 2, position == null ? null : position.text());
  }

  private static Position position(ResultSet row, int index) throws SQLException {
    return new Position(row.getString(index), row.getInt(index + 1), row.getString(index + 2));
  }
}
