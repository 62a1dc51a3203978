package io.millrace.cdc.mysql;

import io.millrace.cdc.internal.Connections;
import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.source.Secret;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * What {@link MySqlSource.Builder} collected, checked.
 *
 * @param tables the captured ones, and the outbox where it is read
 * @param outbox whose states must not be appended; empty where the outbox is not read
 * @param trusted whether the server sent its log once: no setting, but known to all readers
 */
record SourceSettings(
    Connections connections,
    Duration timeout,
    String host,
    int port,
    String user,
    Secret password,
    SslMode sslMode,
    @Nullable SSLContext sslContext,
    String service,
    List<CapturedTable> tables,
    Optional<String> log,
    String registrationDatabase,
    OptionalLong serverId,
    long transactionMemoryBytes,
    Clock clock,
    RandomGenerator random,
    Optional<CapturedStates> outbox,
    AtomicBoolean trusted) {

  /** Server in messages. */
  String address() {
    return "MySQL server " + host + ":" + port;
  }
}
