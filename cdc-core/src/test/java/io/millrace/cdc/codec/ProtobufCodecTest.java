package io.millrace.cdc.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class ProtobufCodecTest {
  private static final ProtobufCodec CODEC = ProtobufCodec.instance();

  private static ChangeEvent event() {
    return ChangeEvent.builder()
        .type(ChangeType.CREATED)
        .entity("order")
        .source("billing")
        .log("billing-0a1b2c3d")
        .version(Version.of(1, new byte[] {1}))
        .changedAt(Instant.parse("2026-01-02T03:04:05.000006Z"))
        .key(Row.of("id", Value.of(42)))
        .newValue(Row.of("id", Value.of(42)))
        .changedFields(List.of("id"))
        .build();
  }

  /** The message of {@link #event()} after a change that no writer of this library would make. */
  private static Encoded changed(Consumer<io.millrace.cdc.v1.ChangeEvent.Builder> change)
      throws Exception {
    var message =
        io.millrace.cdc.v1.ChangeEvent.parseFrom(CODEC.encode(event()).body()).toBuilder();
    change.accept(message);
    return new Encoded(message.build().toByteArray(), Map.of());
  }

  private static void refused(String words, Consumer<io.millrace.cdc.v1.ChangeEvent.Builder> change)
      throws Exception {
    Encoded encoded = changed(change);
    assertThatThrownBy(() -> CODEC.decode(encoded))
        .isInstanceOf(EventException.class)
        .hasMessageContaining(words)
        .hasMessageContaining("order/42");
  }

  private static Consumer<io.millrace.cdc.v1.ChangeEvent.Builder> value(
      io.millrace.cdc.v1.Value.Builder value) {
    return message -> message.getNewValBuilder().getFieldsBuilder(0).setName("c").setValue(value);
  }

  private static io.millrace.cdc.v1.Value.Builder aValue() {
    return io.millrace.cdc.v1.Value.newBuilder();
  }

  @Test
  void an_event_comes_back_as_it_was() {
    assertThat(CODEC.decode(CODEC.encode(event()))).isEqualTo(event());
  }

  @Test
  void bytes_that_are_no_event_are_refused() {
    assertThatThrownBy(() -> CODEC.decode(new Encoded("{\"id\":1}".getBytes(UTF_8), Map.of())))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("no millrace.cdc.v1.ChangeEvent");
    assertThatThrownBy(() -> CODEC.decode(new Encoded(new byte[0], Map.of())))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("names no format");
  }

  @Test
  void every_cut_event_is_refused_or_lacks_what_is_required() {
    byte[] whole = CODEC.encode(event()).body();
    for (int length = 0; length < whole.length; length++) {
      Encoded cut = new Encoded(java.util.Arrays.copyOf(whole, length), Map.of());
      assertThatThrownBy(() -> CODEC.decode(cut)).isInstanceOf(EventException.class);
    }
  }

  @Test
  void damaged_bytes_give_an_event_or_an_event_exception() {
    byte[] whole = CODEC.encode(GoldenEvents.event(ChangeType.CREATED)).body();
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        assertThat(CODEC.decode(new Encoded(damaged, Map.of())).entity()).isNotEmpty();
      } catch (EventException expected) {
        assertThat(expected).hasMessageStartingWith("Cannot decode");
      }
    }
  }

  @Test
  void another_content_type_is_refused() {
    assertThatThrownBy(
            () ->
                CODEC.decode(
                    new Encoded(
                        CODEC.encode(event()).body(), Map.of("content-type", "application/json"))))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("application/json");
  }

  @Test
  void a_newer_format_or_none_is_refused() throws Exception {
    refused("it has format 2, this library reads up to 1; upgrade", m -> m.setFormat(2));
    refused("names no format", m -> m.setFormat(0));
  }

  @Test
  void what_every_event_has_is_required() throws Exception {
    refused("it has not a log", m -> m.clearLog());
    refused("it has not a version", m -> m.clearVersion());
    refused("it has not a source", m -> m.clearSource());
    refused("it has not a changed_at", m -> m.clearChangedAt());
    Encoded without = changed(m -> m.clearEntity());
    assertThatThrownBy(() -> CODEC.decode(without))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("it has not an entity")
        .hasMessageContaining("(no entity)/42");
  }

  @Test
  void unknown_numbers_are_refused() throws Exception {
    refused("its type has the number 99", m -> m.setTypeValue(99));
    refused("its type has the number 0", m -> m.setTypeValue(0));
    refused("field 'c': null number 3", value(aValue().setNullValueValue(3)));
    refused("field 'c': a value of no kind", value(aValue()));
  }

  @Test
  void values_that_are_none_are_refused() throws Exception {
    for (String text : List.of("", "-", "1,5", "1e5", ".5", "5.", "+1", " 1", "١", "nan")) {
      refused("field 'c': a decimal is a plain number", value(aValue().setDecimalValue(text)));
    }
    refused(
        "field 'c': a UUID has 16 bytes, got 3",
        value(aValue().setUuidValue(com.google.protobuf.ByteString.copyFromUtf8("abc"))));
    refused(
        "field 'c': a time has 0 to 999999999 nanoseconds, got 1000000000",
        value(
            aValue()
                .setTimestampValue(
                    io.millrace.cdc.v1.Instant.newBuilder().setNanos(1_000_000_000))));
    refused(
        "'c' is named twice",
        m ->
            m.getNewValBuilder()
                .addFields(m.getNewVal().getFields(0))
                .getFieldsBuilderList()
                .forEach(f -> f.setName("c")));
    refused(
        "at least 8 bytes", m -> m.setVersion(com.google.protobuf.ByteString.copyFromUtf8("v")));
    refused("hops must not be negative", m -> m.setHops(-1));
    refused("Instant", m -> m.getChangedAtBuilder().setSeconds(Long.MAX_VALUE));
  }

  @Test
  void an_unknown_field_of_the_same_format_is_tolerated() throws Exception {
    var unknown =
        com.google.protobuf.UnknownFieldSet.newBuilder()
            .addField(
                900, com.google.protobuf.UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    assertThat(CODEC.decode(changed(m -> m.setUnknownFields(unknown)))).isEqualTo(event());
  }

  @Test
  void half_a_surrogate_pair_is_refused_and_a_whole_one_is_not() {
    for (String text : List.of("\ud83d", "a\udca9b", "\udca9\ud83d")) {
      ChangeEvent event = event().toBuilder().newValue(Row.of("c", Value.of(text))).build();
      assertThatThrownBy(() -> CODEC.encode(event))
          .isInstanceOf(EventException.class)
          .hasMessageContaining("order/42")
          .hasMessageContaining("field 'c': a text of ");
    }
    ChangeEvent whole = event().toBuilder().newValue(Row.of("c", Value.of("💩"))).build();
    assertThat(CODEC.decode(CODEC.encode(whole))).isEqualTo(whole);
  }

  @Test
  void an_event_of_unknown_type_is_not_written() {
    ChangeEvent event = event().toBuilder().type(ChangeType.UNKNOWN).build();
    assertThatThrownBy(() -> CODEC.encode(event))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("UNKNOWN");
  }

  @Test
  void nesting_is_bounded_and_what_is_written_is_read() {
    ChangeEvent deepest = event().toBuilder().newValue(nested(ProtobufCodec.MAX_DEPTH)).build();
    assertThat(CODEC.decode(CODEC.encode(deepest))).isEqualTo(deepest);
    ChangeEvent deeper = event().toBuilder().newValue(nested(ProtobufCodec.MAX_DEPTH + 1)).build();
    assertThatThrownBy(() -> CODEC.encode(deeper))
        .isInstanceOf(EventException.class)
        .hasMessageContaining("deeper than 200 levels");
  }

  private static Row nested(int depth) {
    Row row = Row.of("c", Value.of(1));
    for (int i = 0; i < depth; i++) {
      row = Row.of("c", new Value.DocumentValue(row));
    }
    return row;
  }
}
