package io.millrace.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The microbenchmarks of {@code benchmarks/micro}, run by JMH in JVMs of its own. */
final class Micro implements Workload {
  private static final Pattern LINE =
      Pattern.compile("\"[^\"]*?(\\w+\\.\\w+)(:[^\"]*)?\",\"[^\"]*\",\\d+,\\d+,([^,]+),([^,]*),.*");
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  @Override
  public String name() {
    return "micro";
  }

  @Override
  public String summary() {
    return "codec, row decoders and ack ledger alone, by JMH, with allocation";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    Path target = bench.options().home().resolve("micro").resolve("target");
    Path output = bench.options().home().resolve("target").resolve("micro.csv");
    bench.progress().say("%s  by JMH, log in %s.log", name(), output);
    Files.deleteIfExists(output);
    int exit =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                target.resolve("classes")
                    + File.pathSeparator
                    + Files.readString(target.resolve("classpath.txt")).strip(),
                "org.openjdk.jmh.Main",
                "-f",
                "1",
                "-wi",
                "5",
                "-w",
                bench.options().scale() < 0.1 ? "100ms" : "1s",
                "-i",
                Integer.toString(bench.options().rounds()),
                "-r",
                bench.options().scale() < 0.1 ? "100ms" : "1s",
                "-prof",
                "gc",
                "-rf",
                "csv",
                "-rff",
                output.toString())
            .redirectErrorStream(true)
            .redirectOutput(new File(output + ".log"))
            .start()
            .waitFor();
    if (exit != 0) {
      throw new ContestantFailure("JMH ended with " + exit + "; its log: " + output + ".log");
    }
    return List.of(
        new Result(
            name(),
            "Microbenchmarks",
            text(output),
            "",
            Result.Measure.NONE,
            List.of(),
            List.of(),
            List.of(
                "An event of the codec has eight fields in old and new state, a row of MySQL's decoder eight columns (the update"
                    + " both states, of which two columns differ), a document of MongoDB's six fields. A row"
                    + " of PostgreSQL's change log has seven, is decoded to an event, and has a checksum.")));
  }

  private static String text(Path output) throws IOException {
    Map<String, String> times = new TreeMap<>();
    Map<String, String> bytes = new TreeMap<>();
    for (String line : Files.readAllLines(output)) {
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        continue;
      }
      double score = Double.parseDouble(matcher.group(3));
      if (matcher.group(2) == null) {
        times.put(
            matcher.group(1),
            String.format(
                Locale.ROOT, "%,.1f ± %,.1f", score, Double.parseDouble(matcher.group(4))));
      } else if (matcher.group(2).endsWith(ALLOCATED)) {
        bytes.put(matcher.group(1), String.format(Locale.ROOT, "%,.0f", score));
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add("By JMH, one fork; with the 99.9% error that it gives.");
    lines.add("");
    lines.add("| benchmark | ns each | allocated bytes each |");
    lines.add("|---|---:|---:|");
    times.forEach(
        (benchmark, time) ->
            lines.add(
                "| "
                    + benchmark
                    + " | "
                    + time
                    + " | "
                    + bytes.getOrDefault(benchmark, "unknown")
                    + " |"));
    return String.join("\n", lines);
  }
}
