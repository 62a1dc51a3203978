package io.millrace.cdc.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.TextFormat;
import io.millrace.cdc.v1.ChangeEventProto;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract only grows: everything that a released one has is still there and means the same.
 */
final class ContractGrowthTest {
  private static final FileDescriptorProto CURRENT = ChangeEventProto.getDescriptor().toProto();

  @ParameterizedTest
  @ValueSource(strings = "1")
  void the_contract_has_everything_that_was_released(String format) throws IOException {
    assertThat(ContractGrowth.problems(released(format), CURRENT)).isEmpty();
  }

  @Test
  void what_only_grew_passes() {
    assertThat(after(contract -> field(contract, "ChangeEvent", 25, "tenant"))).isEmpty();
    assertThat(after(contract -> contract.addMessageTypeBuilder().setName("New"))).isEmpty();
    assertThat(
            after(
                contract ->
                    contract.getEnumTypeBuilder(0).addValueBuilder().setName("N").setNumber(7)))
        .isEmpty();
    assertThat(
            after(
                contract -> {
                  message(contract, "ChangeEvent").clearReservedRange();
                  field(contract, "ChangeEvent", 20, "seen");
                }))
        .as("the room was kept for this")
        .isEmpty();
  }

  @Test
  void what_breaks_a_reader_is_found() {
    assertThat(after(contract -> message(contract, "Row").removeField(1)))
        .containsExactly("field Row.partial = 2 is gone");
    assertThat(after(contract -> message(contract, "Row").getFieldBuilder(0).setName("columns")))
        .containsExactly("Row.fields: name was fields and is columns");
    assertThat(after(contract -> message(contract, "Row").getFieldBuilder(1).setNumber(3)))
        .containsExactly("field Row.partial = 2 is gone");
    assertThat(
            after(
                contract ->
                    message(contract, "Raw")
                        .getFieldBuilder(1)
                        .setType(FieldDescriptorProto.Type.TYPE_BYTES)))
        .containsExactly("Raw.text: type was TYPE_STRING and is TYPE_BYTES");
    assertThat(
            after(
                contract ->
                    message(contract, "Row")
                        .getFieldBuilder(1)
                        .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED)))
        .containsExactly("Row.partial: label was LABEL_OPTIONAL and is LABEL_REPEATED");
    assertThat(after(contract -> message(contract, "Value").getFieldBuilder(0).clearOneofIndex()))
        .containsExactly("Value.null_value: oneof was kind and is none");
    assertThat(after(contract -> contract.getEnumTypeBuilder(0).removeValue(6)))
        .containsExactly("Type = 6: name was MESSAGE and is none");
    assertThat(after(contract -> contract.removeMessageType(0)))
        .containsExactly("message ChangeEvent is gone");
    assertThat(after(contract -> contract.setPackage("millrace.cdc.v2")))
        .containsExactly("file: package was millrace.cdc.v1 and is millrace.cdc.v2");
  }

  @Test
  void a_reserved_number_stays_reserved() {
    FileDescriptorProto.Builder released = CURRENT.toBuilder();
    message(released, "Raw").addReservedRangeBuilder().setStart(3).setEnd(4);
    message(released, "Raw").addReservedName("bytes");
    assertThat(ContractGrowth.problems(released.build(), CURRENT))
        .containsExactly(
            "number 3 of Raw is no longer reserved", "name bytes of Raw is no longer reserved");
  }

  private static List<String> after(Consumer<FileDescriptorProto.Builder> change) {
    FileDescriptorProto.Builder contract = CURRENT.toBuilder();
    change.accept(contract);
    return ContractGrowth.problems(CURRENT, contract.build());
  }

  private static DescriptorProto.Builder message(FileDescriptorProto.Builder file, String name) {
    return file.getMessageTypeBuilderList().stream()
        .filter(message -> message.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static void field(
      FileDescriptorProto.Builder file, String message, int number, String name) {
    message(file, message)
        .addField(
            FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(FieldDescriptorProto.Type.TYPE_STRING)
                .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL));
  }

  private static FileDescriptorProto released(String format) throws IOException {
    String file = "/contract/released/" + format + ".txtpb";
    try (InputStream in = ContractGrowthTest.class.getResourceAsStream(file)) {
      assertThat(in).as(file).isNotNull();
      return TextFormat.parse(new String(in.readAllBytes(), UTF_8), FileDescriptorProto.class);
    }
  }
}
