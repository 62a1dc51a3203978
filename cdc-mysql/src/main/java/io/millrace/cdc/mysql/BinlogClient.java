package io.millrace.cdc.mysql;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.deserialization.ChecksumType;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.io.ByteArrayInputStream;
import com.github.shyiko.mysql.binlog.network.protocol.ResultSetRowPacket;
import com.github.shyiko.mysql.binlog.network.protocol.command.ByteArrayCommand;
import com.github.shyiko.mysql.binlog.network.protocol.command.DumpBinaryLogCommand;
import com.github.shyiko.mysql.binlog.network.protocol.command.QueryCommand;
import io.millrace.cdc.internal.Invariant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets the server wait longer for a reader that is held back, and asks a MySQL server for its log
 * by ourselves: the connector knows no tagged GTIDs. It connects and authenticates; what follows is
 * read by {@link EventPackets}.
 */
final class BinlogClient extends BinaryLogClient {
  private static final int NET_WRITE_TIMEOUT_SECONDS = 3_600;
  private static final int DUMP_GTID = 0x1e;
  private static final int FROM_GTIDS = 4;
  private static final int FIRST_OFFSET = 4;
  private static final byte END_OF_ROWS = (byte) 0xfe;

  private final @Nullable MySqlGtidSet gtids;
  private final @Nullable LogPlace place;
  private final String address;
  private final String identity;
  private final Checksums checksums = new Checksums();

  BinlogClient(SourceSettings settings, GtidSet gtids, String identity) {
    super(settings.host(), settings.port(), settings.user(), settings.password().reveal());
    this.address = settings.address();
    this.identity = identity;
    this.gtids = gtids instanceof MySqlGtidSet set ? set : null;
    setEventDeserializer(checksums);
    this.place = gtids instanceof LogPlace start ? start : null;
    if (gtids instanceof MariaDbGtidSet) {
      setGtidSet(gtids.toString());
    } else {
      setBinlogFilename("");
      setBinlogPosition(FIRST_OFFSET);
    }
  }

  /** What follows on the connection, which the connector has set up. */
  EventPackets packets(EventPackets.Room room) {
    return new EventPackets(channel.getInputStream(), checksums.length, room);
  }

  @Override
  protected void setupConnection() throws IOException {
    super.setupConnection();
    channel.write(new QueryCommand("SET net_write_timeout=" + NET_WRITE_TIMEOUT_SECONDS));
    checkError(channel.read());
    channel.write(new QueryCommand(ServerProcess.IDENTITY));
    String found = ServerProcess.identityOf(rows());
    if (!found.equals(identity)) {
      throw new OtherServerException(address, found, identity);
    }
  }

  /** What a query answers: names and values. */
  private Map<String, String> rows() throws IOException {
    checkError(channel.read());
    while (channel.read()[0] != END_OF_ROWS) {
      // what the columns are called
    }
    Map<String, String> rows = new HashMap<>();
    for (byte[] packet = channel.read(); packet[0] != END_OF_ROWS; packet = channel.read()) {
      checkError(packet);
      ResultSetRowPacket row = new ResultSetRowPacket(packet);
      rows.put(row.getValue(0), row.getValue(1));
    }
    return rows;
  }

  @Override
  protected void requestBinaryLogStream() throws IOException {
    MySqlGtidSet set = gtids;
    LogPlace start = place;
    if (start != null) {
      channel.write(new DumpBinaryLogCommand(getServerId(), start.file(), start.offset()));
      return;
    }
    if (set == null) {
      super.requestBinaryLogStream();
      return;
    }
    byte[] encoded = set.encoded();
    ByteBuffer command =
        ByteBuffer.allocate(1 + 2 + 4 + 4 + 8 + 4 + encoded.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) DUMP_GTID)
            .putShort((short) FROM_GTIDS)
            .putInt((int) getServerId())
            .putInt(0) // no file name
            .putLong(FIRST_OFFSET)
            .putInt(encoded.length)
            .put(encoded);
    channel.write(new ByteArrayCommand(command.array()));
  }

  /** The two connections lead to different servers. */
  static final class OtherServerException extends IOException {
    private static final long serialVersionUID = 1;

    OtherServerException(String address, String found, String told) {
      super(
          String.format(
              Locale.ROOT,
              "%s sends the log of server %s, but its data source leads to server %s. Give each server a"
                  + " data source that leads to it and to no other.",
              address,
              found,
              told));
    }
  }

  /** Hears what the connector and the server have agreed on, and reads no event. */
  private static final class Checksums extends EventDeserializer {
    private int length;

    @Override
    @SuppressWarnings("deprecation") // the connector calls it, nobody else
    public void setChecksumType(ChecksumType type) {
      length = type.getLength();
    }

    @Override
    public Event nextEvent(ByteArrayInputStream input) {
      throw Invariant.broken("the connector reads events");
    }
  }
}
