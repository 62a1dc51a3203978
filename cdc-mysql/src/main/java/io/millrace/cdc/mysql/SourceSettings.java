package io.millrace.cdc.mysql;

import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.source.Secret;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * What {@link MySqlSource.Builder} collected, checked.
 *
 * @param servers all that hold the log
 * @param server the one that this is about
 * @param tables the captured ones, and the outbox where it is read
 * @param minimalMetadata whether tables may be logged without their columns' names
 * @param outbox whose states must not be appended; empty where the outbox is not read
 */
record SourceSettings(
    SourceServers servers,
    SourceServer server,
    Duration timeout,
    String user,
    Secret password,
    @Nullable SSLContext sslContext,
    String service,
    CaptureList tables,
    boolean minimalMetadata,
    Optional<String> log,
    String registrationDatabase,
    OptionalLong serverId,
    long transactionMemoryBytes,
    Clock clock,
    RandomGenerator random,
    Optional<CapturedStates> outbox) {

  /** The same, of another of the servers. */
  SourceSettings at(SourceServer other) {
    return new SourceSettings(
        servers,
        other,
        timeout,
        user,
        password,
        sslContext,
        service,
        tables,
        minimalMetadata,
        log,
        registrationDatabase,
        serverId,
        transactionMemoryBytes,
        clock,
        random,
        outbox);
  }

  /** Server in messages. */
  String address() {
    return server.address();
  }

  String host() {
    return server.host();
  }

  int port() {
    return server.port();
  }
}
