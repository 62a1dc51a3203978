package io.millrace.cdc.mysql;

/** Why an event that may hold changes cannot be read by this release, and what to do about it. */
final class Unreadable {
  private Unreadable() {}

  static String reason(int type) {
    return switch (type) {
      case EventCode.PARTIAL_UPDATE_ROWS -> "it holds only parts of JSON columns";
      case EventCode.ANONYMOUS_GTID -> "the transaction has no GTID";
      case EventCode.INCIDENT -> "the server lost events: its log is not whole";
      default -> "this release does not know it";
    };
  }

  static String remedy(int type) {
    return switch (type) {
      case EventCode.PARTIAL_UPDATE_ROWS ->
          "SET GLOBAL binlog_row_value_options='', and reconnect the writers.";
      case EventCode.ANONYMOUS_GTID -> "Set gtid_mode=ON.";
      case EventCode.INCIDENT -> "Accept the gap or backfill from here on.";
      default -> "Use a newer release, or turn off the server's feature that writes it.";
    };
  }
}
