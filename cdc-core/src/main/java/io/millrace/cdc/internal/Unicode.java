package io.millrace.cdc.internal;

/** What Java's strings allow and Unicode text does not. */
public final class Unicode {
  private Unicode() {}

  /**
   * The index of the first half of a surrogate pair that stands without its other half, or -1. Such
   * text has no UTF-8: Java would silently replace it by a question mark.
   */
  public static int loneSurrogate(String text) {
    int length = text.length();
    int i = 0;
    while (i < length) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        i++;
      } else if (i + 1 < length && Character.isSurrogatePair(c, text.charAt(i + 1))) {
        i += 2;
      } else {
        return i;
      }
    }
    return -1;
  }
}
