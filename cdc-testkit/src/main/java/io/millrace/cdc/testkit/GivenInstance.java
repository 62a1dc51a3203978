package io.millrace.cdc.testkit;

import java.nio.file.Path;
import java.util.Map;

/**
 * A server that somebody else runs, at an address from the environment. Only shared: nobody may
 * stop it.
 *
 * @param address the JDBC URL or bootstrap address as given
 * @param user the administrator to connect as
 */
record GivenInstance(
    ServerKind kind, String address, String host, int port, String user, String password)
    implements Instance {

  @Override
  public String description() {
    return kind.label() + " given as " + address;
  }

  @Override
  public void start(Probe probe) {
    try {
      probe.check();
    } catch (Exception e) {
      throw new IllegalStateException(description() + " cannot be used: " + e, e);
    }
  }

  @Override
  public void stop() {
    throw notOurs();
  }

  @Override
  public void kill() {
    throw notOurs();
  }

  @Override
  public void pause() {
    throw notOurs();
  }

  @Override
  public void resume() {
    throw notOurs();
  }

  @Override
  public boolean isRunning() {
    return true;
  }

  @Override
  public void configure(Map<String, String> settings) {
    throw notOurs();
  }

  @Override
  public Path copyData() {
    throw notOurs();
  }

  @Override
  public void close() {
    // it stays as it was found
  }

  /** Not the record's: that would print the password. */
  @Override
  public String toString() {
    return description();
  }

  private IllegalStateException notOurs() {
    return new IllegalStateException(description() + " is not the testkit's to control");
  }
}
