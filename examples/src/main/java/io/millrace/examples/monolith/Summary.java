package io.millrace.examples.monolith;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What came out.
 *
 * @param changes committed row changes that the writers journalled
 * @param hotChanges how many of them hit a hot row
 * @param captured events that each side's pipeline read
 * @param applied events that each side's applier applied
 * @param duplicates deliveries that an applier had applied before, both sides
 * @param skippedEchoes applied changes that the sources recognised and left out, both sides
 * @param conflicts foreign writes that met an own write, both sides
 * @param held events that wait behind a rejected one, both sides
 * @param rows compared rows per entity
 * @param differences rows that are not equal
 * @param verdict what the topic says
 * @param toService commit to applied at the service, milliseconds, sorted
 * @param toMonolith commit to applied at the monolith, milliseconds, sorted
 * @param seconds how long the writers wrote
 * @param seed of the writers
 * @param deaths how often a JVM that syncs was killed, by what befell it
 * @param growth per thing that must not pile up the highest of the run's three thirds; empty after
 *     a short run
 */
public record Summary(
    long changes,
    long hotChanges,
    Map<String, Long> captured,
    Map<String, Long> applied,
    long duplicates,
    long skippedEchoes,
    long conflicts,
    long held,
    Map<String, Integer> rows,
    List<String> differences,
    Judge.Verdict verdict,
    double[] toService,
    double[] toMonolith,
    double seconds,
    long seed,
    Map<String, Integer> deaths,
    Map<String, long[]> growth) {

  /** Whether no row differs. */
  public boolean equal() {
    return differences.isEmpty();
  }

  /** Both sides equal, nothing lost, nothing echoed, and the writers did write. */
  public boolean good() {
    return equal() && verdict.lost() == 0 && verdict.echoes() == 0 && changes > 0;
  }

  /** One line. */
  public String json() {
    double[] both = new double[toService.length + toMonolith.length];
    System.arraycopy(toService, 0, both, 0, toService.length);
    System.arraycopy(toMonolith, 0, both, toService.length, toMonolith.length);
    Arrays.sort(both);
    return String.format(
        Locale.ROOT,
        "{\"changes\":%d,\"hot_changes\":%d,\"captured\":%d,\"applied\":%d,\"lost\":%d,\"echoes\":%d,\"later_states\":%d,\"consequences\":%d,"
            + "\"duplicates\":%d,\"skipped_echoes\":%d,\"conflicts\":%d,\"held\":%d,\"differences\":%d,\"equal\":%b,"
            + "\"p50_millis\":%s,\"p99_millis\":%s,\"seconds\":%.1f,\"seed\":%d,\"kills\":%d,\"deaths\":{%s},\"sizes\":{%s}}",
        changes,
        hotChanges,
        sum(captured),
        sum(applied),
        verdict.lost(),
        verdict.echoes(),
        verdict.later(),
        verdict.consequences(),
        duplicates + verdict.duplicates(),
        skippedEchoes,
        conflicts,
        held,
        differences.size(),
        equal(),
        percentile(both, 50),
        percentile(both, 99),
        seconds,
        seed,
        kills(),
        new TreeMap<>(deaths)
            .entrySet().stream()
                .map(death -> "\"" + death.getKey() + "\":" + death.getValue())
                .collect(Collectors.joining(",")),
        growth.entrySet().stream()
            .map(size -> "\"" + size.getKey() + "\":[" + Growth.text(size.getValue()) + "]")
            .collect(Collectors.joining(",")));
  }

  /**
   * For people, of a run in which one side writes and the other follows.
   *
   * @param good the last line where it is
   */
  public String oneWay(String good) {
    StringBuilder text = new StringBuilder();
    line(text, "changes committed", "%d in %.1f s (seed %d)", changes, seconds, seed);
    if (!deaths.isEmpty()) {
      line(text, "killed", "%s, while the writers went on", new TreeMap<>(deaths));
    }
    line(text, "published", "%s, applied %s", captured, applied);
    line(text, "duplicates", "%d, held %d", duplicates + verdict.duplicates(), held);
    line(
        text,
        "commit → applied",
        "p50 %s ms, p99 %s ms",
        percentile(toService, 50),
        percentile(toService, 99));
    line(text, "judge: topic", "lost %d, not committed %d", verdict.lost(), verdict.echoes());
    line(text, "judge: rows", "%s compared, %d differences", rows, differences.size());
    return end(text, good);
  }

  private String end(StringBuilder text, String good) {
    verdict.examples().forEach(example -> text.append("  ").append(example).append('\n'));
    differences.stream()
        .limit(5)
        .forEach(difference -> text.append("  ").append(difference).append('\n'));
    return text.append(good() ? good : "NOT in step.").toString();
  }

  String text() {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "changes committed",
        "%d in %.1f s, %d of them on hot rows (seed %d)",
        changes,
        seconds,
        hotChanges,
        seed);
    if (!deaths.isEmpty()) {
      line(text, "killed", "%d times, while the writers went on", kills());
      new TreeMap<>(deaths)
          .forEach(
              (cause, times) -> text.append(String.format(Locale.ROOT, "%24d %s%n", times, cause)));
    }
    line(text, "captured", "%s", captured);
    line(text, "applied", "%s", applied);
    line(text, "echoes left out", "%d (recognised at the sources, never published)", skippedEchoes);
    line(
        text,
        "conflicts",
        "%d, duplicates %d, held %d",
        conflicts,
        duplicates + verdict.duplicates(),
        held);
    line(
        text,
        "monolith → service",
        "p50 %s ms, p99 %s ms",
        percentile(toService, 50),
        percentile(toService, 99));
    line(
        text,
        "service → monolith",
        "p50 %s ms, p99 %s ms",
        percentile(toMonolith, 50),
        percentile(toMonolith, 99));
    if (!growth.isEmpty()) {
      line(text, "sizes", "the highest in the run's first, second and last third");
      growth.forEach(
          (what, thirds) ->
              text.append(String.format(Locale.ROOT, "%26s %s%n", what, Growth.text(thirds))));
    }
    line(text, "judge: topic", "lost %d, echoes %d", verdict.lost(), verdict.echoes());
    if (verdict.later() > 0) {
      line(text, "", "%d events with a later state, since it is looked up", verdict.later());
    }
    line(text, "judge: rows", "%s compared, %d differ", rows, differences.size());
    return end(text, "Both sides are equal, nothing was lost, nothing echoed.");
  }

  private static void line(StringBuilder text, String name, String format, Object... values) {
    text.append(String.format(Locale.ROOT, "%-20s ", name))
        .append(String.format(Locale.ROOT, format, values))
        .append('\n');
  }

  int kills() {
    return deaths.values().stream().mapToInt(Integer::intValue).sum();
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Of sorted values; null where there are none, which JSON can say. */
  static String percentile(double[] sorted, int percent) {
    if (sorted.length == 0) {
      return "null";
    }
    int index = (int) Math.ceil(percent / 100.0 * sorted.length) - 1;
    return String.format(Locale.ROOT, "%.1f", sorted[Math.max(0, index)]);
  }
}
