package io.millrace.cdc.testkit;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What this JVM has started and not closed yet. A shutdown hook ends it all; {@link Watchdog} does
 * so where the JVM is killed and no hook runs.
 */
final class Instances {

  private static final Set<Instance> LIVE = ConcurrentHashMap.newKeySet();

  /** Processes that belong to shared servers: they outlive a test class by intent. */
  private static final Set<Long> SHARED_PIDS = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Instances::closeAll, "testkit-shutdown"));
  }

  private Instances() {}

  static void add(Instance instance) {
    LIVE.add(instance);
  }

  static void remove(Instance instance) {
    LIVE.remove(instance);
  }

  static void addSharedPid(long pid) {
    SHARED_PIDS.add(pid);
  }

  static Set<Long> sharedPids() {
    return new LinkedHashSet<>(SHARED_PIDS);
  }

  private static void closeAll() {
    List<Instance> all = new ArrayList<>(LIVE);
    all.forEach(Instance::close);
  }
}
