package io.millrace.cdc.codecs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.codec.Encoded;
import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.EventArbitraries;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Whatever becomes of the bytes on their way: an event, or an EventException that says something.
 */
final class DamagedBytesTest {
  private static final String[] TOKENS = {
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e9",
    "\\u0000",
    "{\"int64\":\"x\"}",
    "{\"time\":\"-99999999999:00:00\"}",
    "{\"uuid\":\"\"}",
    "{\"document\":{}}",
    "{\"raw\":{}}",
  };

  @Property(tries = 2000, edgeCases = EdgeCasesMode.NONE)
  void json(@ForAll("events") ChangeEvent event, @ForAll Random random) {
    survives(JsonCodec.instance(), event, random);
  }

  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void structured_cloud_events(@ForAll("events") ChangeEvent event, @ForAll Random random) {
    survives(CloudEventsCodec.structured(), event, random);
  }

  private static void survives(EventCodec codec, ChangeEvent event, Random random) {
    Encoded whole = codec.encode(event);
    Encoded damaged = new Encoded(damage(whole.body(), random), whole.headers());
    try {
      assertThat(codec.decode(damaged)).isNotNull();
    } catch (EventException refused) {
      assertThat(refused).hasMessageContaining("Cannot decode");
    }
  }

  private static byte[] damage(byte[] bytes, Random random) {
    List<Byte> damaged = new ArrayList<>();
    for (byte each : bytes) {
      damaged.add(each);
    }
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(damaged.size());
      switch (random.nextInt(4)) {
        case 0 -> damaged.set(at, (byte) random.nextInt(256));
        case 1 -> damaged.subList(at, Math.min(damaged.size(), at + random.nextInt(20))).clear();
        case 2 -> damaged.addAll(at, List.copyOf(damaged.subList(0, Math.min(at, 30))));
        default -> {
          for (byte each : TOKENS[random.nextInt(TOKENS.length)].getBytes(UTF_8)) {
            damaged.add(at++, each);
          }
        }
      }
      if (damaged.isEmpty()) {
        break;
      }
    }
    byte[] result = new byte[damaged.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = damaged.get(i);
    }
    return result;
  }

  @Provide
  Arbitrary<ChangeEvent> events() {
    return EventArbitraries.events().map(event -> event.toBuilder().log("l-1").build());
  }
}
