package io.millrace.cdc.testkit;

/** Who this JVM runs as. */
final class Users {

  private Users() {}

  static String name() {
    return System.getProperty("user.name");
  }

  static boolean isRoot() {
    return "root".equals(name());
  }
}
