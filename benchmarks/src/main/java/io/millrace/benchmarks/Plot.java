package io.millrace.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Bars with their range, as SVG. Latencies stand on a logarithmic scale, since they differ by
 * powers.
 */
final class Plot {
  private static final int WIDTH = 860;
  private static final int LEFT = 260;
  private static final int RIGHT = 110;
  private static final int ROW = 30;
  private static final int TOP = 34;

  private Plot() {}

  private record Bar(String name, boolean ours, double median, double min, double max) {}

  /** The plot of a result. */
  static String of(Result result) {
    boolean latency = result.measure() == Result.Measure.LATENCY;
    List<Bar> bars = new ArrayList<>();
    for (Series series : result.series()) {
      if (series.isWhole()) {
        double[] values = latency ? series.latency(0.99) : series.perSecond();
        bars.add(
            new Bar(
                series.contestant().name(),
                series.contestant().team() == Team.MILLRACE,
                Statistics.median(values),
                Statistics.min(values),
                Statistics.max(values)));
      }
    }
    double most = bars.stream().mapToDouble(Bar::max).max().orElse(1);
    double least = latency ? bars.stream().mapToDouble(Bar::min).min().orElse(0.1) / 3 : 0;
    StringBuilder svg = new StringBuilder();
    int height = TOP + ROW * bars.size() + 10;
    add(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
            + " font-family=\"sans-serif\" font-size=\"13\">",
        WIDTH,
        height,
        WIDTH,
        height);
    add(svg, "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>");
    add(
        svg,
        "<text x=\"10\" y=\"20\" font-weight=\"bold\">%s: %s</text>",
        escape(result.title()),
        latency
            ? "99th percentile in ms (less is better, logarithmic)"
            : result.unit() + " per second");
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      int y = TOP + i * ROW;
      int end = x(bar.median(), least, most, latency);
      add(
          svg,
          "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
          LEFT - 8,
          y + 16,
          escape(bar.name()));
      add(
          svg,
          "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"18\" fill=\"%s\"/>",
          LEFT,
          y + 2,
          Math.max(1, end - LEFT),
          bar.ours() ? "#2b6cb0" : "#a0aec0");
      int from = x(bar.min(), least, most, latency);
      int to = x(bar.max(), least, most, latency);
      add(
          svg,
          "<path d=\"M%d %dV%dM%d %dH%dM%d %dV%d\" stroke=\"#1a202c\" fill=\"none\"/>",
          from,
          y + 7,
          y + 15,
          from,
          y + 11,
          to,
          to,
          y + 7,
          y + 15);
      add(
          svg,
          "<text x=\"%d\" y=\"%d\">%s</text>",
          to + 6,
          y + 16,
          latency
              ? String.format(Locale.ROOT, "%.2f", bar.median())
              : String.format(Locale.ROOT, "%,.0f", bar.median()));
    }
    svg.append("</svg>\n");
    return svg.toString();
  }

  private static int x(double value, double least, double most, boolean logarithmic) {
    double share = logarithmic ? Math.log(value / least) / Math.log(most / least) : value / most;
    return LEFT + (int) Math.round(share * (WIDTH - LEFT - RIGHT));
  }

  private static void add(StringBuilder svg, String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
