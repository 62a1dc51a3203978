package io.millrace.cdc.source;

import io.millrace.cdc.internal.Check;

/** A password or key that no message, log or {@code toString()} shows. Immutable. */
public final class Secret {
  private final String value;

  private Secret(String value) {
    this.value = value;
  }

  /** A secret; may be empty. */
  public static Secret of(String value) {
    return new Secret(Check.notNull(value, "value"));
  }

  /** The secret itself: hand it to what asks for it and keep it nowhere. */
  public String reveal() {
    return value;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && value.equals(secret.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  /** Always {@code <hidden>}. */
  @Override
  public String toString() {
    return "<hidden>";
  }
}
