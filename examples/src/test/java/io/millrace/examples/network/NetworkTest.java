package io.millrace.examples.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.pipeline.PipelineStatus;
import io.millrace.cdc.testkit.KafkaServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.NetworkProxy;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Writers go on while the network between two of the servers is bad: nothing is lost or reordered,
 * memory stays bounded, and the state is shown.
 *
 * <p>Each run takes {@code millrace.network.seconds} (default 6) of bad weather, from the seed
 * {@code millrace.network.seed} (default random, printed).
 */
@NeedsServer({ServerKind.POSTGRES, ServerKind.MARIADB, ServerKind.KAFKA})
class NetworkTest {
  private static final long SECONDS = Long.getLong("millrace.network.seconds", 6);
  private static final long SEED = Long.getLong("millrace.network.seed", System.nanoTime());

  private static NetworkProxy publisher;
  private static NetworkProxy subscriber;
  private static KafkaServer kafka;

  @BeforeAll
  static void open() {
    System.out.println("-Dmillrace.network.seed=" + SEED);
    publisher = NetworkProxy.open();
    subscriber = NetworkProxy.open();
    kafka = KafkaServer.startDedicated(ServerOptions.defaults(), publisher, subscriber);
  }

  @AfterAll
  static void close() {
    if (kafka != null) {
      kafka.close();
      publisher.close();
      subscriber.close();
    }
  }

  @Test
  void between_postgresql_and_its_reader() throws Exception {
    run(ServerKind.POSTGRES, ServerKind.MARIADB, Link.SOURCE);
  }

  @Test
  void between_mariadb_and_its_reader() throws Exception {
    run(ServerKind.MARIADB, ServerKind.POSTGRES, Link.SOURCE);
  }

  @Test
  @NeedsServer(ServerKind.MYSQL)
  void between_mysql_and_its_reader() throws Exception {
    run(ServerKind.MYSQL, ServerKind.POSTGRES, Link.SOURCE);
  }

  @Test
  void between_the_pipeline_and_kafka() throws Exception {
    run(ServerKind.POSTGRES, ServerKind.POSTGRES, Link.PUBLISHER);
  }

  @Test
  void between_kafka_and_the_applier() throws Exception {
    run(ServerKind.POSTGRES, ServerKind.POSTGRES, Link.SUBSCRIBER);
  }

  @Test
  void between_the_applier_and_postgresql() throws Exception {
    run(ServerKind.MARIADB, ServerKind.POSTGRES, Link.TARGET);
  }

  @Test
  void between_the_applier_and_mariadb() throws Exception {
    run(ServerKind.POSTGRES, ServerKind.MARIADB, Link.TARGET);
  }

  @Test
  void between_the_pipeline_and_its_positions_in_postgresql() throws Exception {
    run(ServerKind.MARIADB, ServerKind.POSTGRES, Link.POSITIONS);
  }

  @Test
  void between_the_pipeline_and_its_positions_in_mariadb() throws Exception {
    run(ServerKind.POSTGRES, ServerKind.MARIADB, Link.POSITIONS);
  }

  @Test
  void everywhere_at_once() throws Exception {
    run(ServerKind.MARIADB, ServerKind.MARIADB, Link.values());
  }

  private static void run(ServerKind source, ServerKind target, Link... links) throws Exception {
    Random random = new Random(SEED + Arrays.toString(links).hashCode());
    try (Rig rig = new Rig(source, target, kafka, publisher, subscriber)) {
      rig.start();
      if (links.length == 1) {
        silenceShows(rig, links[0]);
      }
      long begun = System.nanoTime();
      try (Watch watch = new Watch(rig)) {
        while (System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(SECONDS)) {
          Link link = pick(links, random);
          Weather weather = pick(Weather.values(), random);
          weather.pass(rig.proxy(link), random);
          TimeUnit.MILLISECONDS.sleep(random.nextInt(1_000));
        }
        rig.finish();
        watch.check();
      }
    }
  }

  private static <T> T pick(T[] all, Random random) {
    return List.of(all).get(random.nextInt(all.length));
  }

  /** A connection that says nothing any more is noticed, named, and gone on without. */
  private static void silenceShows(Rig rig, Link link) {
    NetworkProxy proxy = rig.proxy(link);
    proxy.halfOpen();
    await("silence shows: " + link)
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () -> {
              if (link == Link.SUBSCRIBER || link == Link.TARGET) {
                assertThat(rig.applier().status().healthy())
                    .as("%s", rig.applier().status())
                    .isFalse();
              } else {
                assertThat(rig.pipeline().status().healthy())
                    .as("%s", rig.pipeline().status())
                    .isFalse();
              }
              assertThat(error(rig, link)).contains(proxy.address());
            });
    proxy.normal();
  }

  private static String error(Rig rig, Link link) {
    PipelineStatus status = rig.pipeline().status();
    return (link == Link.SUBSCRIBER || link == Link.TARGET
            ? rig.applier().status().lastError()
            : status.lastError())
        .orElse("");
  }
}
