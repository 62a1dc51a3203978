package io.millrace.benchmarks;

import io.millrace.benchmarks.protocol.Place;
import io.millrace.benchmarks.protocol.Style;
import io.millrace.benchmarks.protocol.Task;
import io.millrace.cdc.testkit.KafkaServer;
import java.util.List;
import java.util.Locale;

/** Publishing to Kafka, against its own producer. */
final class KafkaThroughput implements Workload {
  private static final int EVENTS = 500_000;
  private static final String TOPIC = "speed";
  private static final int PARTITIONS = 3;

  @Override
  public String name() {
    return "kafka-publish";
  }

  @Override
  public String summary() {
    return "publishing to Kafka, against a bare producer";
  }

  @Override
  public List<Result> run(Bench bench) throws Exception {
    int events = bench.options().scaled(EVENTS);
    try (KafkaServer kafka = KafkaServer.startDedicated();
        Match match = new Match(bench, name())) {
      kafka.createTopic(TOPIC, PARTITIONS);
      for (Contestant contestant :
          List.of(
              new Contestant("Millrace publisher", Team.MILLRACE, Task.PUBLISH, Style.LEAN),
              new Contestant("bare producer", Team.RAW, Task.PUBLISH, Style.LEAN))) {
        match.enter(contestant, events, Place.NONE, Place.NONE, TOPIC, kafka.bootstrapServers());
      }
      match.play();
      return List.of(
          new Result(
              name(),
              "Publishing to Kafka",
              String.format(
                  Locale.ROOT,
                  "%,d events of 300 bytes a round, over %d partitions of one broker, until the last is acknowledged."
                      + " Ours keeps one request in flight, so that a retry cannot overtake; the bare producer has"
                      + " its defaults, five in flight.",
                  events,
                  PARTITIONS),
              "events",
              Result.Measure.RATE,
              match.series(),
              List.of(),
              List.of(kafka.description())));
    }
  }
}
