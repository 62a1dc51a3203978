package io.millrace.cdc.apply;

import io.millrace.cdc.codec.EventCodec;
import io.millrace.cdc.transport.Subscriber;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Everything an applier was built with. */
record ApplierConfig(
    String name,
    String service,
    Subscriber subscriber,
    Target target,
    Rejection rejection,
    Unmapped unmapped,
    Unreadable unreadable,
    FirstOffset firstOffset,
    int batchSize,
    Duration maxWait,
    Duration healthLimit,
    Set<String> expectedServices,
    Duration statusInterval,
    Duration startTimeout,
    Optional<Duration> ledgerRetention,
    EventCodec codec,
    Clock clock,
    ApplierListener listener) {}
