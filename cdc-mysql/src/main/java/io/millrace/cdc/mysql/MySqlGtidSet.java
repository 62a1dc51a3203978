package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * Intervals of transaction numbers per server and tag: {@code uuid:1-5:7,uuid:tag:1}. The server's
 * shorter form, {@code uuid:1-5:7:tag:1}, is read too.
 */
final class MySqlGtidSet implements GtidSet {
  /** Per source (uuid, or uuid:tag) first → last of disjoint, non-adjacent intervals. */
  private final TreeMap<String, TreeMap<Long, Long>> sources = new TreeMap<>();

  /** Of the transaction that was added last. */
  private String lastSource = "";

  private MySqlGtidSet() {}

  static MySqlGtidSet parse(String text) {
    MySqlGtidSet set = new MySqlGtidSet();
    for (String part : text.replaceAll("\\s", "").toLowerCase(Locale.ROOT).split(",", -1)) {
      if (!part.isEmpty()) {
        set.parseSource(part);
      }
    }
    return set;
  }

  private void parseSource(String part) {
    String[] pieces = part.split(":", -1);
    String source = pieces[0];
    for (int i = 1; i < pieces.length; i++) {
      String piece = pieces[i];
      if (piece.isEmpty()) {
        throw new SourceException("GTID set '" + part + "' cannot be read.");
      }
      if (!Character.isDigit(piece.charAt(0))) {
        source = pieces[0] + ":" + piece;
        continue;
      }
      int dash = piece.indexOf('-');
      long first = Long.parseLong(dash < 0 ? piece : piece.substring(0, dash));
      long last = dash < 0 ? first : Long.parseLong(piece.substring(dash + 1));
      add(source, first, last);
    }
  }

  @Override
  public GtidSet copy() {
    MySqlGtidSet copy = new MySqlGtidSet();
    sources.forEach((source, intervals) -> copy.sources.put(source, new TreeMap<>(intervals)));
    return copy;
  }

  @Override
  public void add(String gtid) {
    int colon = gtid.lastIndexOf(':');
    long number = Long.parseLong(gtid, colon + 1, gtid.length(), 10);
    if (lastSource.length() != colon || !gtid.startsWith(lastSource)) {
      lastSource = gtid.substring(0, colon);
    }
    TreeMap<Long, Long> intervals = sources.get(lastSource);
    Map.Entry<Long, Long> newest = intervals == null ? null : intervals.lastEntry();
    if (intervals != null && newest != null && newest.getValue() == number - 1) {
      intervals.put(newest.getKey(), number); // as nearly always
    } else {
      add(lastSource, number, number);
    }
  }

  private void add(String source, long from, long to) {
    TreeMap<Long, Long> intervals = sources.computeIfAbsent(source, s -> new TreeMap<>());
    long first = from;
    long last = to;
    Map.Entry<Long, Long> left = intervals.floorEntry(first);
    if (left != null && left.getValue() >= first - 1) {
      first = left.getKey();
      last = Math.max(last, left.getValue());
    }
    Map.Entry<Long, Long> right = intervals.higherEntry(first);
    while (right != null && right.getKey() <= last + 1) {
      last = Math.max(last, right.getValue());
      intervals.remove(right.getKey());
      right = intervals.higherEntry(first);
    }
    intervals.put(first, last);
  }

  @Override
  public void remove(String gtid, String before) {
    int colon = gtid.lastIndexOf(':');
    long number = Long.parseLong(gtid.substring(colon + 1));
    TreeMap<Long, Long> intervals = sources.get(gtid.substring(0, colon));
    Map.Entry<Long, Long> holder = intervals == null ? null : intervals.floorEntry(number);
    if (intervals == null || holder == null || holder.getValue() < number) {
      return;
    }
    intervals.remove(holder.getKey());
    if (holder.getKey() < number) {
      intervals.put(holder.getKey(), number - 1);
    }
    if (holder.getValue() > number) {
      intervals.put(number + 1, holder.getValue());
    }
    if (intervals.isEmpty()) {
      sources.remove(gtid.substring(0, colon));
    }
  }

  @Override
  public String before(String gtid) {
    return "";
  }

  @Override
  public boolean has(String gtid) {
    return parse(gtid).minus(this).isEmpty();
  }

  @Override
  public String minus(GtidSet other) {
    MySqlGtidSet rest = new MySqlGtidSet();
    MySqlGtidSet taken = (MySqlGtidSet) other;
    sources.forEach(
        (source, intervals) -> {
          NavigableMap<Long, Long> theirs = taken.sources.getOrDefault(source, new TreeMap<>());
          intervals.forEach((first, last) -> rest.addGaps(source, first, last, theirs));
        });
    return rest.toString();
  }

  /** Adds what of first to last the intervals do not cover. */
  private void addGaps(String source, long first, long last, NavigableMap<Long, Long> covered) {
    long at = first;
    Map.Entry<Long, Long> holder = covered.floorEntry(at);
    if (holder == null) {
      holder = covered.higherEntry(at);
    }
    while (at <= last) {
      if (holder == null || holder.getKey() > last) {
        add(source, at, last);
        return;
      }
      if (holder.getKey() > at) {
        add(source, at, holder.getKey() - 1);
      }
      at = Math.max(at, holder.getValue() + 1);
      holder = covered.higherEntry(holder.getKey());
    }
  }

  @Override
  public boolean isEmpty() {
    return sources.isEmpty();
  }

  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(",");
    sources.forEach(
        (source, intervals) -> {
          StringBuilder part = new StringBuilder(source);
          intervals.forEach(
              (first, last) -> {
                part.append(':').append(first.longValue());
                if (last > first) {
                  part.append('-').append(last.longValue());
                }
              });
          text.add(part);
        });
    return text.toString();
  }

  /** As COM_BINLOG_DUMP_GTID wants it; the form with tags only where there are any. */
  byte[] encoded() {
    boolean tagged = sources.keySet().stream().anyMatch(source -> source.indexOf(':') >= 0);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long count = sources.size();
    write(out, tagged ? 1L << 56 | count << 8 | 1 : count);
    sources.forEach(
        (source, intervals) -> {
          int colon = source.indexOf(':');
          String server = colon < 0 ? source : source.substring(0, colon);
          out.writeBytes(HexFormat.of().parseHex(server.replace("-", "")));
          if (tagged) {
            byte[] tag =
                colon < 0
                    ? new byte[0]
                    : source.substring(colon + 1).getBytes(StandardCharsets.US_ASCII);
            out.write(tag.length << 1);
            out.writeBytes(tag);
          }
          write(out, intervals.size());
          intervals.forEach(
              (first, last) -> {
                write(out, first);
                write(out, last + 1);
              });
        });
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, long number) {
    for (int shift = 0; shift < 64; shift += 8) {
      out.write((int) (number >>> shift));
    }
  }
}
