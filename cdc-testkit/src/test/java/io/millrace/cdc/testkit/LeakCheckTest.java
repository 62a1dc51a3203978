package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

final class LeakCheckTest {

  @Test
  void a_thread_left_behind_fails_the_class() {
    assertThat(failures(LeaksThread.class)).contains("millrace-test-leak");
    LeaksThread.release.countDown();
  }

  @Test
  void a_process_left_behind_fails_the_class() throws Exception {
    assertThat(failures(LeaksProcess.class)).contains("sleep 61");
    LeaksProcess.process.destroyForcibly().waitFor();
  }

  @Test
  void a_thread_that_ends_soon_and_threads_of_others_are_fine() {
    assertThat(failures(LeaksNothing.class)).isEmpty();
    LeaksNothing.release.countDown();
  }

  private static String failures(Class<?> testClass) {
    StringBuilder text = new StringBuilder();
    EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(testClass))
        .execute()
        .allEvents()
        .failed()
        .stream()
        .map(Event::getPayload)
        .forEach(payload -> text.append(payload.orElse("")));
    return text.toString();
  }

  @ExtendWith(LeakCheck.class)
  static final class LeaksThread {
    static CountDownLatch release = new CountDownLatch(1);

    @Test
    void starts_a_thread() {
      start("millrace-test-leak", release);
    }
  }

  @ExtendWith(LeakCheck.class)
  static final class LeaksProcess {
    static Process process;

    @Test
    void starts_a_process() throws Exception {
      process = new ProcessBuilder("sleep", "61").start();
    }
  }

  @ExtendWith(LeakCheck.class)
  static final class LeaksNothing {
    static CountDownLatch release = new CountDownLatch(1);
    static CountDownLatch soon = new CountDownLatch(1);

    @Test
    void starts_threads() {
      start("somebody-elses", release);
      start("millrace-ends-soon", soon);
    }

    @AfterAll
    static void lets_one_end() {
      soon.countDown();
    }
  }

  private static void start(String name, CountDownLatch until) {
    Thread thread =
        new Thread(
            () -> {
              try {
                until.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }
}
