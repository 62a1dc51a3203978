package io.millrace.cdc.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.TextFormat;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The bytes of format 1 as they lie in users' topics. A change that makes this fail cannot read, or
 * cannot be read by, what is out there: never regenerate the files to make it pass.
 */
final class GoldenBytesTest {
  private static final ProtobufCodec CODEC = ProtobufCodec.instance();

  @ParameterizedTest
  @EnumSource(names = "UNKNOWN", mode = EnumSource.Mode.EXCLUDE)
  void an_event_has_the_bytes_it_always_had(ChangeType type) throws IOException {
    ChangeEvent event = GoldenEvents.event(type);
    byte[] golden = bytes(type);
    assertThat(HexFormat.of().formatHex(CODEC.encode(event).body()))
        .isEqualTo(HexFormat.of().formatHex(golden));
    assertThat(CODEC.decode(new Encoded(golden, Map.of()))).isEqualTo(event);
  }

  @ParameterizedTest
  @EnumSource(names = "UNKNOWN", mode = EnumSource.Mode.EXCLUDE)
  void the_readable_twin_says_the_same(ChangeType type) throws IOException {
    assertThat(io.millrace.cdc.v1.ChangeEvent.parseFrom(bytes(type))).isEqualTo(twin(type));
  }

  @Test
  void together_they_use_every_field_and_kind() throws IOException {
    Set<Integer> fields = new TreeSet<>();
    for (ChangeType type : EnumSet.complementOf(EnumSet.of(ChangeType.UNKNOWN))) {
      twin(type).getAllFields().keySet().forEach(field -> fields.add(field.getNumber()));
    }
    assertThat(fields)
        .containsExactlyElementsOf(
            io.millrace.cdc.v1.ChangeEvent.getDescriptor().getFields().stream()
                .map(FieldDescriptor::getNumber)
                .toList());
    EnumSet<Value.Kind> kinds = EnumSet.allOf(Value.Kind.class);
    var created = GoldenEvents.event(ChangeType.CREATED).newValue();
    created.names().asList().forEach(name -> kinds.remove(created.get(name).kind()));
    // Came after the files; what it looks like stands below.
    kinds.remove(Value.Kind.INT32);
    assertThat(kinds).isEmpty();
  }

  /** Field 19, a varint: tag 98 01; -3 in zigzag: 05. */
  @Test
  void an_int32_has_the_bytes_it_always_had() {
    ChangeEvent event =
        GoldenEvents.event(ChangeType.UPDATED).toBuilder()
            .newValue(Row.of("n", new Value.Int32Value(-3)))
            .build();
    Encoded encoded = CODEC.encode(event);
    assertThat(HexFormat.of().formatHex(encoded.body())).contains("0a016e1203980105");
    assertThat(CODEC.decode(encoded)).isEqualTo(event);
  }

  private static byte[] bytes(ChangeType type) throws IOException {
    return HexFormat.of().parseHex(read(type, "hex").replaceAll("\\s", ""));
  }

  private static io.millrace.cdc.v1.ChangeEvent twin(ChangeType type) throws IOException {
    return TextFormat.parse(read(type, "txtpb"), io.millrace.cdc.v1.ChangeEvent.class);
  }

  private static String read(ChangeType type, String extension) throws IOException {
    String file = "/golden/event-1/" + type.name().toLowerCase(Locale.ROOT) + "." + extension;
    try (InputStream in = GoldenBytesTest.class.getResourceAsStream(file)) {
      assertThat(in).as(file).isNotNull();
      return new String(in.readAllBytes(), UTF_8);
    }
  }
}
