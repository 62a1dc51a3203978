package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.shyiko.mysql.binlog.network.ServerException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class EventPacketsTest {
  private static final int LARGEST = 0xff_ffff;
  private static final int FORMAT_TAIL = 5;
  private static final EventPackets.Room ROOM = () -> {};

  private final ByteArrayOutputStream wire = new ByteArrayOutputStream();

  @Test
  void events_come_out_as_they_went_in_however_the_network_cuts_them() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<byte[]> sent = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      int most = random.nextInt(50) == 0 ? 400_000 : 300;
      byte[] event = event(EventCode.WRITE_ROWS, RawEvent.HEADER + random.nextInt(most), random);
      sent.add(event);
      packets(event);
    }

    List<RawEvent> read = all(new EventPackets(pieces(random), 0, ROOM));

    assertThat(read).as("seed %s", seed).hasSameSizeAs(sent);
    for (int i = 0; i < sent.size(); i++) {
      RawEvent event = read.get(i);
      assertThat(Arrays.copyOfRange(event.bytes(), event.start(), event.end()))
          .as("event %s, seed %s", i, seed)
          .isEqualTo(sent.get(i));
    }
  }

  @Test
  void an_event_of_several_packets_is_one_and_what_follows_is_whole() throws Exception {
    Random random = new Random(1);
    List<byte[]> sent = new ArrayList<>();
    // The middle one fills its last packet to the brim, so that an empty one follows.
    for (int length : new int[] {100, LARGEST - 2, LARGEST - 1, 2 * LARGEST + 77, 100}) {
      byte[] event = event(EventCode.WRITE_ROWS, length, random);
      sent.add(event);
      packets(event);
    }

    List<RawEvent> read = all(new EventPackets(pieces(random), 0, ROOM));

    assertThat(read).hasSameSizeAs(sent);
    for (int i = 0; i < sent.size(); i++) {
      RawEvent event = read.get(i);
      assertThat(
              Arrays.equals(
                  event.bytes(), event.start(), event.end(), sent.get(i), 0, sent.get(i).length))
          .as("event %s", i)
          .isTrue();
    }
  }

  @Test
  void before_a_large_event_is_read_all_before_it_was_taken() throws Exception {
    Random random = new Random(8);
    for (int length : new int[] {100, 3_000_000, 100, LARGEST + 5, 100}) {
      packets(event(EventCode.WRITE_ROWS, length, random));
    }
    List<Integer> taken = new ArrayList<>();
    List<Integer> takenWhenAsked = new ArrayList<>();
    EventPackets packets =
        new EventPackets(
            new ByteArrayInputStream(wire.toByteArray()),
            0,
            () -> takenWhenAsked.add(taken.size()));

    for (List<RawEvent> some = packets.next(); some != null; some = packets.next()) {
      some.forEach(event -> taken.add(event.length()));
    }

    assertThat(taken).containsExactly(100, 3_000_000, 100, LARGEST + 5, 100);
    assertThat(takenWhenAsked).containsExactly(1, 3);
  }

  @Test
  void a_checksum_is_cut_off_from_where_the_server_says_so() throws Exception {
    Random random = new Random(2);
    byte[] plain = event(EventCode.ROTATE, 50, random);
    byte[] with = event(EventCode.FORMAT_DESCRIPTION, 60 + FORMAT_TAIL, random);
    with[with.length - FORMAT_TAIL] = 1;
    byte[] rows = event(EventCode.WRITE_ROWS, 50, random);
    byte[] without = event(EventCode.FORMAT_DESCRIPTION, 60 + FORMAT_TAIL, random);
    without[without.length - FORMAT_TAIL] = 0;
    for (byte[] event : List.of(plain, with, rows, without, rows)) {
      packets(event);
    }

    List<RawEvent> read = all(new EventPackets(pieces(random), 4, ROOM));

    assertThat(read).extracting(RawEvent::size).containsExactly(46, 60, 46, 60, 50);
    assertThat(read).extracting(RawEvent::length).containsExactly(50, 65, 50, 65, 50);
  }

  @Test
  void what_came_before_an_error_is_handed_on_first() throws Exception {
    packets(event(EventCode.WRITE_ROWS, 40, new Random(3)));
    byte[] text = "Could not find first log file".getBytes(StandardCharsets.UTF_8);
    packet(
        ByteBuffer.allocate(9 + text.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) 0xff)
            .putShort((short) 1236)
            .put("#HY000".getBytes(StandardCharsets.UTF_8))
            .put(text)
            .array());
    EventPackets packets = new EventPackets(new ByteArrayInputStream(wire.toByteArray()), 0, ROOM);

    assertThat(packets.next()).hasSize(1);
    assertThatThrownBy(packets::next)
        .isInstanceOfSatisfying(
            ServerException.class, e -> assertThat(e.getErrorCode()).isEqualTo(1236))
        .hasMessageContaining("first log file");
  }

  @Test
  void an_end_inside_an_event_is_no_end() throws Exception {
    packets(event(EventCode.WRITE_ROWS, 40, new Random(4)));
    byte[] whole = wire.toByteArray();
    for (int length = 0; length < whole.length; length++) {
      EventPackets packets =
          new EventPackets(new ByteArrayInputStream(Arrays.copyOf(whole, length)), 0, ROOM);
      if (length == 0) {
        assertThat(packets.next()).isNull();
      } else {
        assertThatThrownBy(packets::next).isInstanceOf(EOFException.class);
      }
    }
  }

  @Test
  void a_packet_that_is_no_event_or_of_another_length_is_an_error() throws Exception {
    byte[] event = event(EventCode.WRITE_ROWS, 40, new Random(5));
    byte[] longer = event.clone();
    longer[RawEvent.LENGTH_AT]++;
    byte[] end = {(byte) 0xfe, 0, 0, 0, 0};
    byte[] cut = {0, 1, 2, 3};
    byte[] checksumOnly = event(EventCode.WRITE_ROWS, RawEvent.HEADER + 3, new Random(6));
    for (byte[] payload : List.of(payload(longer), end, cut, new byte[0], payload(checksumOnly))) {
      wire.reset();
      packet(payload);
      EventPackets packets =
          new EventPackets(new ByteArrayInputStream(wire.toByteArray()), 4, ROOM);
      assertThatThrownBy(packets::next).isInstanceOf(IOException.class);
    }
  }

  private static List<RawEvent> all(EventPackets packets) throws Exception {
    List<RawEvent> all = new ArrayList<>();
    for (List<RawEvent> some = packets.next(); some != null; some = packets.next()) {
      assertThat(some).isNotEmpty();
      all.addAll(some);
    }
    return all;
  }

  private static byte[] event(int type, int length, Random random) {
    byte[] event = new byte[length];
    random.nextBytes(event);
    event[4] = (byte) type;
    ByteBuffer.wrap(event).order(ByteOrder.LITTLE_ENDIAN).putInt(RawEvent.LENGTH_AT, length);
    return event;
  }

  private static byte[] payload(byte[] event) {
    byte[] payload = new byte[event.length + 1];
    System.arraycopy(event, 0, payload, 1, event.length);
    return payload;
  }

  private void packets(byte[] event) {
    byte[] payload = payload(event);
    int at = 0;
    int length;
    do {
      length = Math.min(LARGEST, payload.length - at);
      packet(Arrays.copyOfRange(payload, at, at + length));
      at += length;
    } while (length == LARGEST);
  }

  private void packet(byte[] payload) {
    wire.write(payload.length);
    wire.write(payload.length >> 8);
    wire.write(payload.length >> 16);
    wire.write(7); // a number that nobody looks at
    wire.writeBytes(payload);
  }

  /** Gives fewer bytes than are asked for, now and then one only. */
  private InputStream pieces(Random random) {
    return new ByteArrayInputStream(wire.toByteArray()) {
      @Override
      public synchronized int read(byte[] to, int offset, int length) {
        int most = random.nextInt(4) == 0 ? 1 + random.nextInt(8) : 1 + random.nextInt(700_000);
        return super.read(to, offset, Math.min(length, most));
      }
    };
  }
}
