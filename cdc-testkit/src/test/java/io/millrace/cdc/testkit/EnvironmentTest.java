package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.opentest4j.TestAbortedException;

/** Which server is chosen, and what happens where there is none. */
final class EnvironmentTest {

  private static final Environment NOTHING = new Environment(Map.of("MILLRACE_DOCKER", "off"));

  @Test
  void a_test_without_its_server_is_skipped_and_told_what_to_provide() {
    assertThatThrownBy(() -> open(NOTHING))
        .isInstanceOf(TestAbortedException.class)
        .hasMessageContaining("MILLRACE_MYSQL_URL")
        .hasMessageContaining("MILLRACE_MYSQLD");
    EngineExecutionResults results = run(WithoutServer.class);
    results.testEvents().assertStatistics(s -> s.aborted(1).failed(0).succeeded(0));
  }

  @Test
  void a_test_without_a_server_that_is_required_fails() {
    EngineExecutionResults results = run(WithoutRequiredServer.class);
    results.testEvents().assertStatistics(s -> s.aborted(0).failed(1).succeeded(0));
  }

  @Test
  void a_server_that_is_not_on_the_list_is_still_only_skipped() {
    assertThatThrownBy(() -> open(with("MILLRACE_REQUIRED_SERVERS", "postgres, Kafka")))
        .isInstanceOf(MissingServerException.class);
  }

  @Test
  void a_misspelt_required_server_is_refused() {
    assertThatThrownBy(() -> open(with("MILLRACE_REQUIRED_SERVERS", "postgres,mysq")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'mysq'")
        .hasMessageContaining("mariadb");
  }

  @Test
  void a_named_program_that_is_not_there_is_an_error() {
    assertThatThrownBy(() -> open(with("MILLRACE_MYSQLD", "/nowhere/mysqld")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("/nowhere/mysqld");
  }

  @Test
  void mariadbs_mysqld_on_the_path_is_no_mysql(@TempDir Path directory) throws Exception {
    program(directory, "mysqld  Ver 10.11.6-MariaDB for debian-linux-gnu on x86_64");
    assertThatThrownBy(() -> open(with("PATH", directory.toString())))
        .isInstanceOf(MissingServerException.class);
    assertThatThrownBy(() -> open(with("MILLRACE_MYSQLD", directory.resolve("mysqld").toString())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("MariaDB");
  }

  @Test
  void mysql_on_the_path_is_chosen(@TempDir Path directory) throws Exception {
    program(directory, "mysqld  Ver 9.7.4 for Linux on x86_64");
    assertThat(Origins.local(ServerKind.MYSQL, with("PATH", directory.toString())))
        .hasValueSatisfying(
            chosen -> assertThat(chosen.description()).contains("9.7.4").contains("mysqld"));
  }

  @Test
  void an_address_comes_first_but_only_for_the_shared_server() {
    Environment given =
        new Environment(
            Map.of(
                "MILLRACE_DOCKER", "off",
                "MILLRACE_MYSQL_URL", "jdbc:mysql://db.example:3307/test?sslMode=REQUIRED",
                "MILLRACE_MYSQL_USER", "admin",
                "MILLRACE_MYSQL_PASSWORD", "secret"));
    Instance instance = Servers.open(ServerKind.MYSQL, given, ServerOptions.defaults(), true);
    assertThat(instance.host()).isEqualTo("db.example");
    assertThat(instance.port()).isEqualTo(3307);
    assertThat(instance).asString().doesNotContain("secret");
    assertThatThrownBy(instance::kill).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> Servers.open(ServerKind.MYSQL, given, ServerOptions.defaults(), false))
        .isInstanceOf(MissingServerException.class);
  }

  private static Environment with(String name, String value) {
    return new Environment(Map.of("MILLRACE_DOCKER", "off", name, value));
  }

  private static Instance open(Environment environment) {
    return Servers.open(ServerKind.MYSQL, environment, ServerOptions.defaults(), true);
  }

  private static void program(Path directory, String version) throws Exception {
    Path file = directory.resolve("mysqld");
    Files.writeString(file, "#!/bin/sh\necho '" + version + "'\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private static EngineExecutionResults run(Class<?> testClass) {
    return EngineTestKit.engine("junit-jupiter").selectors(selectClass(testClass)).execute();
  }

  /** Run by the tests above only: its name is not one that the build looks for. */
  static final class WithoutServer {
    @Test
    void asks_for_mysql() {
      open(NOTHING);
    }
  }

  static final class WithoutRequiredServer {
    @Test
    void asks_for_mysql() {
      open(with("MILLRACE_REQUIRED_SERVERS", "postgres,mysql"));
    }
  }
}
