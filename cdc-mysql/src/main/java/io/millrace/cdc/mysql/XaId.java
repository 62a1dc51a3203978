package io.millrace.cdc.mysql;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The id of an XA transaction as one text: {@code x'…',x'…',1}, lower case. */
final class XaId {
  private static final Pattern STATEMENT =
      Pattern.compile(
          "X'([0-9a-f]*)'\\s*(?:,\\s*X'([0-9a-f]*)'\\s*)?(?:,\\s*(\\d+))?",
          Pattern.CASE_INSENSITIVE);

  private XaId() {}

  /** From the event that ends a prepared transaction; it starts with how many phases there are. */
  static String of(RawEvent prepared) {
    ByteReader in = prepared.body();
    in.position++;
    long format = in.u32();
    int global = (int) in.u32();
    int branch = (int) in.u32();
    HexFormat hex = HexFormat.of();
    return text(hex.formatHex(in.copy(global)), hex.formatHex(in.copy(branch)), format);
  }

  /** From {@code XA COMMIT X'…',X'…',1}, as servers write it to the log; empty where it is not. */
  static Optional<String> of(String sql) {
    Matcher matcher = STATEMENT.matcher(sql);
    if (!matcher.find()) {
      return Optional.empty();
    }
    String branch = matcher.group(2);
    String format = matcher.group(3);
    return Optional.of(
        text(
            matcher.group(1).toLowerCase(Locale.ROOT),
            branch == null ? "" : branch.toLowerCase(Locale.ROOT),
            format == null ? 1 : Long.parseLong(format)));
  }

  private static String text(String global, String branch, long format) {
    return "x'" + global + "',x'" + branch + "'," + format;
  }
}
