package io.millrace.examples.monolith;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One session of an application on one side's database, with the plain driver: transactions of
 * reads and writes on entities, whose rows are maps from the entity's field names to text.
 *
 * <p>A transaction begins with the first call after a {@link #commit} or {@link #rollback}.
 */
interface Session extends AutoCloseable {
  /** The row as it stands, or null where there is none; nobody else changes it unseen. */
  @Nullable Map<String, @Nullable String> lock(String entity, List<String> key) throws TryAgain;

  void insert(String entity, Map<String, @Nullable String> row) throws TryAgain;

  /** Sets fields of a locked row, which differ from what stands in it. */
  void update(String entity, List<String> key, Map<String, @Nullable String> changes)
      throws TryAgain;

  void delete(String entity, List<String> key) throws TryAgain;

  /** Commits, and says what the database's log must now hold. */
  List<Change> commit() throws TryAgain;

  void rollback();

  @Override
  void close();

  /** Somebody else was faster, or a parent is missing: nothing was done, and nothing is wrong. */
  final class TryAgain extends Exception {
    private static final long serialVersionUID = 1;

    TryAgain(Exception cause) {
      super(cause);
    }
  }
}
