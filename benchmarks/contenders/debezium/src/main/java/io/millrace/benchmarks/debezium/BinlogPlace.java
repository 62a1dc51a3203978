package io.millrace.benchmarks.debezium;

import io.millrace.benchmarks.protocol.Place;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/**
 * A place in MySQL's binary log, as the engine's offset file names it.
 *
 * @param file name of the log file
 * @param position in it
 * @param gtids what was executed before it
 */
record BinlogPlace(String file, long position, String gtids) {
  static final BinlogPlace NONE = new BinlogPlace("", 0, "");

  /** Where the log ends now. */
  static BinlogPlace now(Place place) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(place.url(), place.user(), place.password());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("show binary log status")) {
      row.next();
      return new BinlogPlace(row.getString(1), row.getLong(2), row.getString(5).replace("\n", ""));
    }
  }

  /** Writes the offset file of an engine of that name, in the form of Kafka Connect's store. */
  @SuppressWarnings("ArrayAsKeyOfSetOrMap") // as Kafka Connect's store reads it
  void store(Path offsets, String engine) throws IOException {
    String key = "[\"" + engine + "\",{\"server\":\"" + Settings.PREFIX + "\"}]";
    String value =
        "{\"file\":\"" + file + "\",\"pos\":" + position + ",\"gtids\":\"" + gtids + "\"}";
    Map<byte[], byte[]> stored = new HashMap<>();
    stored.put(key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
    try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(offsets))) {
      out.writeObject(stored);
    }
  }
}
