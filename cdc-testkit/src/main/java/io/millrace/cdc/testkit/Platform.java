package io.millrace.cdc.testkit;

import java.util.Locale;

/** Whether the embedded servers, which are programs for one kind of machine, can run here. */
final class Platform {

  private Platform() {}

  static boolean isLinuxX86() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String architecture = System.getProperty("os.arch");
    return os.contains("linux") && (architecture.equals("amd64") || architecture.equals("x86_64"));
  }

  static String description() {
    return System.getProperty("os.name") + " on " + System.getProperty("os.arch");
  }
}
