package io.millrace.cdc.postgres;

import java.util.Arrays;

/**
 * What was read of one incarnation's transactions when the last window ended.
 *
 * <p>A transaction counts as read when its id is below {@code bound} and not among {@code members}.
 * The bound is the highest id read + 1, not the snapshot's xmax: after a crash the server gives ids
 * anew whose end was never flushed. Transactions from the bound on may have been open, and may have
 * drawn log ids, when the snapshot was taken: xmax only says that none of them had ended.
 *
 * @param bound highest transaction id read + 1
 * @param members transactions in progress then, ascending
 * @param lastId highest log id read
 */
record ReadState(long bound, long[] members, long lastId) {
  static final ReadState NOTHING = new ReadState(0, new long[0], 0);

  boolean hasRead(long xid) {
    return xid < bound && Arrays.binarySearch(members, xid) < 0;
  }

  /** Whether nothing up to this transaction is unread. */
  boolean hasReadAllTo(long xid) {
    return xid < bound && (members.length == 0 || xid < members[0]);
  }

  /** The members that the snapshot sees ended. */
  long[] endedIn(PgSnapshot snapshot) {
    return Arrays.stream(members).filter(snapshot::sees).toArray();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ReadState state
        && bound == state.bound
        && lastId == state.lastId
        && Arrays.equals(members, state.members);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(bound) * 31 + Arrays.hashCode(members);
  }

  @Override
  public String toString() {
    return "bound " + bound + ", members " + Arrays.toString(members) + ", last id " + lastId;
  }
}
