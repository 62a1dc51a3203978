package io.millrace.cdc.mysql;

/** The two families of servers. */
enum Flavour {
  MYSQL("mysql", "MySQL"),
  MARIADB("mariadb", "MariaDB");

  private final String tag;
  private final String label;

  Flavour(String tag, String label) {
    this.tag = tag;
    this.label = label;
  }

  /** As it stands in positions. */
  String tag() {
    return tag;
  }

  /** As people write it. */
  String label() {
    return label;
  }
}
