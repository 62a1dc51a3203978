package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What was read of a server without GTIDs: everything before a place in its log files, {@code
 * @file:offset}. A transaction is named by where it begins and ends, {@code file:begin-end}. Means
 * nothing on any other server. Not thread-safe.
 */
final class LogPlace implements GtidSet {
  private static final String MARK = "@";

  private String file;
  private long offset;

  LogPlace(String file, long offset) {
    this.file = file;
    this.offset = offset;
  }

  /** Whether a text is one of a place, not of GTIDs. */
  static boolean isPlace(String text) {
    return text.startsWith(MARK);
  }

  static LogPlace parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      return new LogPlace(
          URLDecoder.decode(text.substring(MARK.length(), colon), StandardCharsets.UTF_8),
          Long.parseLong(text.substring(colon + 1)));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new SourceException("Place '" + text + "' in a binary log cannot be read.", e);
    }
  }

  /** The name of a transaction. */
  static String transaction(String file, long begin, long end) {
    return String.format(Locale.ROOT, "%s:%d-%d", encode(file), begin, end);
  }

  /** Whether the transaction of a name begins at a place. */
  static boolean begins(String transaction, String file, long begin) {
    return transaction.startsWith(encode(file) + ":" + begin + "-");
  }

  private record Span(String file, long begin, long end) {
    static Span parse(String transaction) {
      int colon = transaction.lastIndexOf(':');
      int dash = transaction.lastIndexOf('-');
      return new Span(
          URLDecoder.decode(transaction.substring(0, colon), StandardCharsets.UTF_8),
          Long.parseLong(transaction.substring(colon + 1, dash)),
          Long.parseLong(transaction.substring(dash + 1)));
    }
  }

  private static String encode(String file) {
    return URLEncoder.encode(file, StandardCharsets.UTF_8);
  }

  String file() {
    return file;
  }

  long offset() {
    return offset;
  }

  /** Passes what stands between transactions; never goes back. */
  void pass(String newFile, long newOffset) {
    if (isBefore(newFile, newOffset)) {
      file = newFile;
      offset = newOffset;
    }
  }

  private boolean isBefore(String otherFile, long otherOffset) {
    long number = TransactionAssembler.fileNumber(file);
    long other = TransactionAssembler.fileNumber(otherFile);
    return number < other || (number == other && offset < otherOffset);
  }

  @Override
  public GtidSet copy() {
    return new LogPlace(file, offset);
  }

  @Override
  public void add(String transaction) {
    Span span = Span.parse(transaction);
    pass(span.file, span.end);
  }

  @Override
  public void remove(String transaction, String before) {
    Span span = Span.parse(transaction);
    file = span.file;
    offset = span.begin;
  }

  @Override
  public String before(String transaction) {
    return "";
  }

  @Override
  public boolean has(String transaction) {
    Span span = Span.parse(transaction);
    return !isBefore(span.file, span.end);
  }

  @Override
  public String minus(GtidSet other) {
    LogPlace theirs = (LogPlace) other;
    return theirs.isBefore(file, offset) ? file + ":" + offset : "";
  }

  @Override
  public boolean isEmpty() {
    return false;
  }

  @Override
  public String toString() {
    return MARK + encode(file) + ":" + offset;
  }
}
