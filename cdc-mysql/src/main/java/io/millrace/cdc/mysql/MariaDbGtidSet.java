package io.millrace.cdc.mysql;

import java.util.StringJoiner;
import java.util.TreeMap;

/** The last transaction of each domain: {@code domain-server-sequence,…}. */
final class MariaDbGtidSet implements GtidSet {
  /** The last transaction of a domain, as it stands in the log. */
  private record Last(long sequence, String gtid) {}

  private final TreeMap<Long, Last> domains = new TreeMap<>();

  private MariaDbGtidSet() {}

  static MariaDbGtidSet parse(String text) {
    MariaDbGtidSet set = new MariaDbGtidSet();
    for (String part : text.replaceAll("\\s", "").split(",", -1)) {
      if (!part.isEmpty()) {
        set.add(part);
      }
    }
    return set;
  }

  @Override
  public GtidSet copy() {
    MariaDbGtidSet copy = new MariaDbGtidSet();
    copy.domains.putAll(domains);
    return copy;
  }

  @Override
  public void add(String gtid) {
    int server = gtid.indexOf('-') + 1;
    int sequence = gtid.indexOf('-', server) + 1;
    if (server == 0 || sequence == 0 || Long.parseLong(gtid, server, sequence - 1, 10) < 0) {
      throw new NumberFormatException("'" + gtid + "' is no GTID of MariaDB");
    }
    long number = Long.parseLong(gtid, sequence, gtid.length(), 10);
    Long domain = Long.parseLong(gtid, 0, server - 1, 10);
    Last known = domains.get(domain);
    if (known == null || number >= known.sequence) {
      domains.put(domain, new Last(number, gtid));
    }
  }

  @Override
  public void remove(String gtid, String before) {
    domains.remove(Long.parseLong(gtid.substring(0, gtid.indexOf('-'))));
    if (!before.isEmpty()) {
      add(before);
    }
  }

  @Override
  public String before(String gtid) {
    long domain = Long.parseLong(gtid, 0, gtid.indexOf('-'), 10);
    Last last = domains.get(domain);
    return last == null ? "" : last.gtid;
  }

  @Override
  public boolean has(String gtid) {
    return parse(gtid).minus(this).isEmpty();
  }

  @Override
  public String minus(GtidSet other) {
    MariaDbGtidSet theirs = (MariaDbGtidSet) other;
    StringJoiner rest = new StringJoiner(",");
    domains.forEach(
        (domain, last) -> {
          Last their = theirs.domains.get(domain);
          if (their == null || their.sequence < last.sequence) {
            rest.add(last.gtid);
          }
        });
    return rest.toString();
  }

  @Override
  public boolean isEmpty() {
    return domains.isEmpty();
  }

  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(",");
    domains.values().forEach(last -> text.add(last.gtid));
    return text.toString();
  }
}
