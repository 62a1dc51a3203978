package io.millrace.cdc.codec;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The unknown parts as a header of the event: message, type, base64, with colons between. */
final class UnknownHeader {
  private UnknownHeader() {}

  static void write(Map<String, String> headers, ChangeType type, Message parts) {
    if (parts.getSerializedSize() > 0) {
      headers.put(
          ContractCodec.UNKNOWN_HEADER,
          parts.getDescriptorForType().getFullName()
              + ":"
              + type
              + ":"
              + Base64.getEncoder().encodeToString(parts.toByteArray()));
    }
  }

  /**
   * The parts, or null where there are none or where they belong to another message. What hangs on
   * the type is dropped where somebody gave the event another one.
   */
  static @Nullable Message read(
      ChangeEvent event, Descriptor descriptor, List<FieldDescriptor> ofTheType) {
    String text = event.headers().get(ContractCodec.UNKNOWN_HEADER);
    if (text == null || !text.startsWith(descriptor.getFullName() + ":")) {
      return null;
    }
    String[] parts = text.split(":", 3);
    try {
      Message.Builder message =
          DynamicMessage.newBuilder(descriptor)
              .mergeFrom(Base64.getDecoder().decode(parts[parts.length - 1]));
      if (!parts[1].equals(event.type().name())) {
        ofTheType.forEach(message::clearField);
      }
      return message.buildPartial();
    } catch (InvalidProtocolBufferException | IllegalArgumentException cause) {
      throw new IllegalArgumentException(
          "its header '" + ContractCodec.UNKNOWN_HEADER + "' is damaged: " + cause.getMessage(),
          cause);
    }
  }
}
