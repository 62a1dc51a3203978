package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Servers do not outlive the JVM that started them, however it ends. */
@NeedsServer(ServerKind.POSTGRES)
final class DyingJvmTest {

  @Test
  void a_jvm_that_is_killed_takes_its_servers_and_their_files_along() throws Exception {
    Process jvm = ChildJvm.start(Starter.class);
    Found server = Found.in(jvm);

    jvm.destroyForcibly();

    server.awaitEnd();
  }

  @Test
  void a_jvm_that_exits_without_closing_takes_its_servers_and_their_files_along() throws Exception {
    Process jvm = ChildJvm.start(Starter.class);
    Found server = Found.in(jvm);

    jvm.getOutputStream().close();

    server.awaitEnd();
    assertThat(jvm.waitFor()).isZero();
  }

  private record Found(int port, Path home) {
    static Found in(Process jvm) throws Exception {
      BufferedReader out =
          new BufferedReader(new InputStreamReader(jvm.getInputStream(), StandardCharsets.UTF_8));
      String line = out.readLine();
      assertThat(line).isNotNull();
      int port = Integer.parseInt(line);
      Path home = Path.of(out.readLine());
      assertThat(home).exists();
      return new Found(port, home);
    }

    void awaitEnd() {
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> {
                assertThat(Files.exists(home)).isFalse();
                assertThat(ProcessHandle.allProcesses())
                    .noneMatch(p -> p.info().commandLine().orElse("").contains(home + "/data"));
              });
    }
  }

  /** Starts a server, says where, and ends when its input does. */
  static final class Starter {
    private Starter() {}

    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws Exception {
      PostgresServer server = PostgresServer.startDedicated();
      System.out.println(server.port());
      System.out.println(server.admin().value("show data_directory").replaceFirst("/data$", ""));
      System.out.println(System.in.read());
      System.exit(0);
    }
  }
}
