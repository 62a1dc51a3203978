package io.millrace.cdc.mysql;

import io.millrace.cdc.event.Value;
import io.millrace.cdc.source.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Stands in for values that consumers may compare but not see: HMAC-SHA-256 of the value's text in
 * UTF-8 (of the bytes themselves, where it is bytes), in hexadecimal. Used by one thread.
 */
final class ColumnHash {
  private static final String ALGORITHM = "HmacSHA256";

  private final Mac mac;

  ColumnHash(Secret secret) {
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret.reveal().getBytes(StandardCharsets.UTF_8), ALGORITHM));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The hash of a value; null stays null. */
  Value of(Value value) {
    if (value.isNull()) {
      return value;
    }
    byte[] bytes =
        switch (value.kind()) {
          case BYTES -> ((Value.BytesValue) value).value();
          case STRING -> ((Value.StringValue) value).value().getBytes(StandardCharsets.UTF_8);
          default -> value.toString().getBytes(StandardCharsets.UTF_8);
        };
    return Value.of(HexFormat.of().formatHex(mac.doFinal(bytes)));
  }
}
