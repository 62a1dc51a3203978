package io.millrace.cdc.position;

import io.millrace.cdc.error.FencedException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads and writes rows of {@code millrace_position}, always under the row's lock. */
final class PositionRows {
  private static final String COLUMNS =
      "format, token, owner, lease_until, position_kind, position_format, position_text, epoch,"
          + " saved_at";

  private final String where;

  PositionRows(String where) {
    this.where = where;
  }

  void save(
      Connection connection,
      PositionDialect dialect,
      Lease lease,
      Optional<Position> position,
      long epoch)
      throws SQLException {
    PositionRecord record = owned(connection, lease);
    long now = now(connection, dialect);
    update(connection, lease.pipeline(), record.saved(position.orElse(null), epoch, now));
  }

  /** The locked record where the lease is the newest. */
  PositionRecord owned(Connection connection, Lease lease) throws SQLException {
    PositionRecord record = lock(connection, lease.pipeline());
    if (record == null || record.token() != lease.token()) {
      throw new FencedException(
          "Pipeline '%s' of %s (token %s) was taken over: %s holds %s."
              .formatted(
                  lease.pipeline(),
                  lease.owner(),
                  lease.token(),
                  where,
                  record == null
                      ? "nothing about it any more"
                      : "token " + record.token() + " of " + record.owner()));
    }
    return record;
  }

  long now(Connection connection, PositionDialect dialect) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("select " + dialect.nowMillis())) {
      result.next();
      return result.getLong(1);
    }
  }

  @Nullable PositionRecord lock(Connection connection, String pipeline) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select " + COLUMNS + " from millrace_position where pipeline = ? for update")) {
      statement.setString(1, pipeline);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        PositionRecord.checkFormat(row.getInt(1), where, pipeline);
        String kind = row.getString(5);
        return new PositionRecord(
            row.getLong(2),
            row.getString(3),
            row.getLong(4),
            kind == null ? null : new Position(kind, row.getInt(6), row.getString(7)),
            row.getLong(8),
            row.getLong(9),
            List.of());
      }
    }
  }

  void insert(Connection connection, String pipeline, PositionRecord record) throws SQLException {
    write(
        connection,
        "insert into millrace_position ("
            + COLUMNS
            + ", pipeline) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        pipeline,
        record);
  }

  void update(Connection connection, String pipeline, PositionRecord record) throws SQLException {
    write(
        connection,
        "update millrace_position set format = ?, token = ?, owner = ?, lease_until = ?,"
            + " position_kind = ?, position_format = ?, position_text = ?, epoch = ?, saved_at = ?"
            + " where pipeline = ?",
        pipeline,
        record);
  }

  private static void write(
      Connection connection, String sql, String pipeline, PositionRecord record)
      throws SQLException {
    Position position = record.position();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, PositionRecord.FORMAT);
      statement.setLong(2, record.token());
      statement.setString(3, record.owner());
      statement.setLong(4, record.leaseUntilMillis());
      statement.setString(5, position == null ? null : position.kind());
      statement.setObject(6, position == null ? null : position.format(), Types.INTEGER);
      statement.setString(7, position == null ? null : position.text());
      statement.setLong(8, record.epoch());
      statement.setLong(9, record.savedAtMillis());
      statement.setString(10, pipeline);
      statement.executeUpdate();
    }
  }
}
