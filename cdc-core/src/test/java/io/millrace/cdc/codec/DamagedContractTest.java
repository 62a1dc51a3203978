package io.millrace.cdc.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever becomes of a message or its headers: an event, or an EventException. */
final class DamagedContractTest {
  private static final ChangeEvent EVENT =
      ContractEvents.updated(ContractEvents.order(Value.NULL)).toBuilder()
          .oldValue(ContractEvents.order(Value.of("x")))
          .previousKey(Row.of("id", Value.of(8)))
          .build();

  @Property(tries = 3000)
  void bytes_and_headers(@ForAll Random random) {
    ContractCodec codec = random.nextBoolean() ? ContractEvents.old() : ContractEvents.grown();
    Encoded whole = codec.encode(EVENT);
    byte[] body = whole.body().clone();
    Map<String, String> headers = new HashMap<>(whole.headers());
    if (random.nextBoolean()) {
      body[random.nextInt(body.length)] = (byte) random.nextInt(256);
    } else {
      List<String> names = new ArrayList<>(headers.keySet());
      String name = names.get(random.nextInt(names.size()));
      String value = headers.get(name);
      int at = random.nextInt(Math.max(1, value.length()));
      switch (random.nextInt(4)) {
        case 0 -> headers.remove(name);
        case 1 -> headers.put(name, value.substring(0, at));
        case 2 -> headers.put(name, value.substring(0, at) + (char) random.nextInt(128));
        default -> headers.put(name, value + value);
      }
    }
    try {
      ChangeEvent event = codec.decode(new Encoded(body, headers));
      assertThat(event.log()).isNotEmpty();
    } catch (EventException refused) {
      assertThat(refused).hasMessageContaining("Cannot decode");
    }
  }
}
