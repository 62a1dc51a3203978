package io.millrace.cdc.testkit;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class that leaves threads named {@code millrace-…} or child processes behind. What
 * was there before the class is not its fault, nor are the shared servers; what is about to end
 * gets five seconds.
 *
 * <p>{@code @ExtendWith(LeakCheck.class)} on a class, or on all of them through JUnit's automatic
 * detection of extensions, where this one is listed.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {

  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(LeakCheck.class);
  private static final String THREAD_PREFIX = "millrace-";
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(20);

  private record Baseline(Set<Thread> threads, Set<Long> processes) {}

  /** Made by JUnit. */
  public LeakCheck() {}

  @Override
  public void beforeAll(ExtensionContext context) {
    Set<Long> processes =
        children().map(ProcessHandle::pid).collect(Collectors.toCollection(HashSet::new));
    store(context).put(context.getUniqueId(), new Baseline(Set.copyOf(threads()), processes));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Baseline before = store(context).remove(context.getUniqueId(), Baseline.class);
    if (before == null) {
      return; // the class ended before it began
    }
    List<String> leaks = await(() -> leaks(before));
    if (!leaks.isEmpty()) {
      throw new AssertionError(
          context.getDisplayName() + " leaves behind:\n" + String.join("\n", leaks));
    }
  }

  private static ExtensionContext.Store store(ExtensionContext context) {
    return context.getStore(NAMESPACE);
  }

  private static List<String> await(Supplier<List<String>> leaks) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    List<String> found = leaks.get();
    while (!found.isEmpty() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(PAUSE.toNanos());
      found = leaks.get();
    }
    return found;
  }

  private static List<String> leaks(Baseline before) {
    Stream<String> threads =
        threads().stream().filter(t -> !before.threads().contains(t)).map(LeakCheck::describe);
    Set<Long> shared = Instances.sharedPids();
    Stream<String> processes =
        children()
            .filter(p -> !before.processes().contains(p.pid()) && !shared.contains(p.pid()))
            .map(LeakCheck::describe);
    return Stream.concat(threads, processes).toList();
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(THREAD_PREFIX) && thread.isAlive())
        .collect(Collectors.toSet());
  }

  private static Stream<ProcessHandle> children() {
    return ProcessHandle.current().children().filter(ProcessHandle::isAlive);
  }

  private static String describe(Thread thread) {
    return "thread " + thread.getName() + " at " + Arrays.toString(thread.getStackTrace());
  }

  private static String describe(ProcessHandle process) {
    return "process " + process.pid() + " " + process.info().commandLine().orElse("");
  }
}
