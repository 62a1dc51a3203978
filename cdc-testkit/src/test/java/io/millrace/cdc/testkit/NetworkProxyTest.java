package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The proxy before a server that answers every byte with itself. */
final class NetworkProxyTest {
  private ServerSocket echo;
  private NetworkProxy proxy;
  private final List<Socket> atServer = new ArrayList<>(); // guarded by itself

  @BeforeEach
  void open() throws IOException {
    echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    proxy = NetworkProxy.to("127.0.0.1", echo.getLocalPort());
    daemon(
        () -> {
          while (!echo.isClosed()) {
            Socket socket = echo.accept();
            synchronized (atServer) {
              atServer.add(socket);
            }
            daemon(
                () -> {
                  try (socket) {
                    socket.getInputStream().transferTo(socket.getOutputStream());
                  }
                });
          }
        });
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    echo.close();
    await().until(() -> ownThreads().isEmpty());
  }

  @Test
  void it_passes_bytes_both_ways_and_counts_them() throws IOException {
    try (Socket client = connect()) {
      assertThat(ask(client, 7)).isEqualTo(7);
      assertThat(ask(client, 8)).isEqualTo(8);
      assertThat(proxy.connections()).isEqualTo(1);
      await().untilAsserted(() -> assertThat(proxy).asString().contains("2 bytes to the server"));
      assertThat(proxy).asString().contains("passing", "1 connections (0 silent)", "2 back");
    }
    await().until(() -> proxy.connections() == 0);
  }

  @Test
  void a_cut_resets_and_the_next_connection_works() throws IOException {
    try (Socket client = connect()) {
      assertThat(ask(client, 1)).isEqualTo(1);
      proxy.cut();
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
    }
    assertThat(proxy).asString().contains("1 cut");
    try (Socket client = connect()) {
      assertThat(ask(client, 2)).isEqualTo(2);
    }
  }

  @Test
  void an_orderly_end_is_an_end_of_stream() throws IOException {
    try (Socket client = connect()) {
      assertThat(ask(client, 1)).isEqualTo(1);
      proxy.finish();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void refusing_spares_what_stands() throws IOException {
    try (Socket client = connect()) {
      assertThat(ask(client, 1)).isEqualTo(1);
      proxy.refuse();
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
      assertThat(ask(client, 2)).isEqualTo(2);
      assertThat(proxy).asString().contains("refusing");
      proxy.normal();
      try (Socket another = connect()) {
        assertThat(ask(another, 3)).isEqualTo(3);
      }
    }
  }

  @Test
  void a_delay_counts_each_way() throws IOException {
    try (Socket client = connect()) {
      proxy.delay(Duration.ofMillis(100));
      long start = System.nanoTime();
      assertThat(ask(client, 1)).isEqualTo(1);
      assertThat(System.nanoTime() - start).isGreaterThan(200_000_000L);
    }
  }

  @Test
  void a_throttled_line_is_slow_and_loses_nothing() throws IOException {
    try (Socket client = connect()) {
      proxy.throttle(20_000);
      long start = System.nanoTime();
      client.getOutputStream().write(new byte[10_000]);
      assertThat(client.getInputStream().readNBytes(10_000)).hasSize(10_000);
      assertThat(System.nanoTime() - start).isGreaterThan(450_000_000L);
    }
  }

  @Test
  void what_is_held_back_comes_late() throws IOException {
    try (Socket client = connect()) {
      proxy.hold();
      client.setSoTimeout(300);
      assertThatThrownBy(() -> ask(client, 1)).isInstanceOf(SocketTimeoutException.class);
      proxy.normal();
      client.setSoTimeout(30_000);
      assertThat(client.getInputStream().read()).isEqualTo(1);
    }
  }

  @Test
  void a_half_open_connection_is_silent_for_ever_and_its_other_side_hears_of_nothing()
      throws IOException {
    Socket client = connect();
    assertThat(ask(client, 1)).isEqualTo(1);
    proxy.halfOpen();
    client.setSoTimeout(300);
    assertThatThrownBy(() -> ask(client, 2)).isInstanceOf(SocketTimeoutException.class);
    client.close();
    proxy.normal();
    Socket server;
    synchronized (atServer) {
      server = atServer.get(0);
    }
    server.getOutputStream().write(3); // takes it: it knows nothing
    assertThat(proxy).asString().contains("1 connections (1 silent)");
    try (Socket another = connect()) {
      assertThat(ask(another, 4)).isEqualTo(4);
    }
    proxy.cut();
    await().until(() -> proxy.connections() == 0);
  }

  @Test
  void where_answers_are_lost_the_server_still_hears() throws IOException {
    try (Socket client = connect()) {
      assertThat(ask(client, 1)).isEqualTo(1);
      proxy.loseAnswers();
      client.setSoTimeout(300);
      assertThatThrownBy(() -> ask(client, 2)).isInstanceOf(SocketTimeoutException.class);
      await().untilAsserted(() -> assertThat(proxy).asString().contains("2 bytes to the server"));
      assertThat(proxy).asString().contains("1 back", "1 swallowed");
    }
  }

  @Test
  void a_connection_made_on_a_half_open_line_stands_and_says_nothing() throws IOException {
    proxy.halfOpen();
    try (Socket client = connect()) {
      client.setSoTimeout(300);
      assertThatThrownBy(() -> ask(client, 1)).isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void a_broker_behind_a_proxy_tells_its_clients_the_proxys_address() throws Exception {
    try (NetworkProxy open = NetworkProxy.open();
        KafkaServer kafka = KafkaServer.startDedicated(ServerOptions.defaults(), open)) {
      kafka.createTopic("orders", 1);
      Map<String, Object> producing =
          Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, open.address());
      try (KafkaProducer<String, String> producer =
          new KafkaProducer<>(producing, new StringSerializer(), new StringSerializer())) {
        producer.send(new ProducerRecord<>("orders", "x".repeat(5_000))).get(60, TimeUnit.SECONDS);
      }
      assertThat(open.toServer.get()).isGreaterThan(5_000);
      Map<String, Object> consuming =
          Map.of(
              ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers(),
              ConsumerConfig.GROUP_ID_CONFIG, "direct",
              ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
      try (KafkaConsumer<String, String> consumer =
          new KafkaConsumer<>(consuming, new StringDeserializer(), new StringDeserializer())) {
        consumer.subscribe(Set.of("orders"));
        await().until(() -> consumer.poll(Duration.ofMillis(200)).count() == 1);
      }
      assertThat(open.toClient.get()).isLessThan(5_000);
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(proxy.host(), proxy.port());
    socket.setSoTimeout(30_000);
    return socket;
  }

  private static int ask(Socket socket, int value) throws IOException {
    socket.getOutputStream().write(value);
    return socket.getInputStream().read();
  }

  private List<Thread> ownThreads() {
    String prefix = "testkit-proxy-" + proxy.port();
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(prefix))
        .toList();
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void daemon(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // The test is over.
              }
            });
    thread.setDaemon(true);
    thread.start();
  }
}
