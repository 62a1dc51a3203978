package io.millrace.cdc.mysql;

import java.util.StringJoiner;
import java.util.TreeMap;

/** The last transaction of each domain: {@code domain-server-sequence,…}. */
final class MariaDbGtidSet implements GtidSet {
  private record Last(long server, long sequence) {}

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
    String[] parts = gtid.split("-", -1);
    Last last = new Last(Long.parseLong(parts[1]), Long.parseLong(parts[2]));
    domains.merge(
        Long.parseLong(parts[0]), last, (old, now) -> now.sequence < old.sequence ? old : now);
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
    long domain = Long.parseLong(gtid.substring(0, gtid.indexOf('-')));
    Last last = domains.get(domain);
    return last == null ? "" : text(domain, last);
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
            rest.add(text(domain, last));
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
    domains.forEach((domain, last) -> text.add(text(domain, last)));
    return text.toString();
  }

  private static String text(long domain, Last last) {
    return domain + "-" + last.server + "-" + last.sequence;
  }
}
