package io.millrace.benchmarks.protocol;

/**
 * A database, or a broker, as a client reaches it.
 *
 * @param url JDBC URL, connection string or bootstrap address
 * @param host name or address of the server
 * @param port its TCP port
 * @param database name of the database, or of the topic
 * @param user who connects
 * @param password with which password; may be empty
 */
public record Place(
    String url, String host, int port, String database, String user, String password) {
  /** Stands for a place that the task does not need. */
  public static final Place NONE = new Place("", "", 0, "", "", "");
}
